"""What can be reached: travel times, isochrones, routes, catchments, open ground, people counted.

Imports `network` and the wings below analysis, never `conflicts`. A new measure is a file here.
"""
