"""The only door between degrees and metres, and shapes measured on the plane.

Imports errors and wording alone. A new coordinate system stands in `datums.py`.
"""
