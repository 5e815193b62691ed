"""Report -> the files an office hands on: a workbook, a document, a printable page."""
