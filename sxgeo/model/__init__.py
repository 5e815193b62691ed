"""The values that travel between wings: sites, projects, outcomes. No file is read here.

Imports geometry, errors and wording alone. A value that only one wing needs stands in that wing.
"""
