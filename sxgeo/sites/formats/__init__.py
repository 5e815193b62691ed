"""One file a format: bytes -> `table.Table`, with every assumption written down.

Imports files, boundaries, geometry; knows no site and no soundness. A new reader is named in
`detect.py`, which tells formats apart.
"""
