"""Where is it: zones, counties, prefectures, provinces, elements of plans, the extent of China.

Imports layers, catalog, model and geometry. A new kind of boundary is a file here.
"""
