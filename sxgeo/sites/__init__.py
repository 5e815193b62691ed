"""A plot from any file: read, settled into one system, checked for soundness, and told what was
found (the autopsy).

Imports boundaries, layers, model and geometry, never reports. A new format is a file in `formats`.
"""
