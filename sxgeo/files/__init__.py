"""The doors to the disk: written whole or not at all, read in bounds, letters told, GDAL with every
other driver off.

Imports errors alone. What opens or writes a file for two wings stands here.
"""
