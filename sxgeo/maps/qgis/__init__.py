"""The style table as QGIS reads it, and a project of a zone in these styles.

Imports the maps' own files and the wings below them, never QGIS: both are texts that the library
writes.
"""
