"""Roads and rail as a graph: arrays, search, snapping, files, OpenStreetMap.

Imports the wings below analysis alone. A new source of roads is a file here that ends in
`build.py`; arrays that two files share stand in `arrays.py`.
"""
