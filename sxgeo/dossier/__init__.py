"""The dossier: an answer as the set of documents that is filed, one folder or one zip.

Imports whatever lies below: maps, analysis, workspace, reports. A new chapter goes into
`chapters.py` with the outline that it rests on in `outline.py`; a new list into `lists.py`; a new
sheet of the workbook into `sheets.py`.
"""
