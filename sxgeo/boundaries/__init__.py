"""Where is it: zones, counties, prefectures, provinces, elements of plans, the extent of China.

Imports catalog, model and geometry. A new kind of boundary is a file here.
"""
