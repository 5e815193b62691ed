"""The style table as QGIS reads it, and a project of a zone in these styles.

QGIS itself is not needed: both are texts that the library writes.
"""
