"""The answer as a document: the object, sentences, tables, chapters, and one writer a format.

Imports boundaries, layers, model, geometry and files, never sites. A figure of the report is drawn
in `figure.py`, a table made in `tables.py`, its place in the document is in `chapters.py`.
"""
