"""What a user brings: layers, boundaries, opinions, and the file that names them.

Imports sites, reports and all below. A new key of the workspace file begins in `file.py`, a new
check of rows in `rows.py`.
"""
