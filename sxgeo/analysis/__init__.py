"""The questions: `conflicts` (what does a plot collide with), `accessibility` (what can be
reached), `network` (roads and rail), `screening` (very many sites), `execution` (who runs them).

Imports workspace, sites, reports, boundaries, layers, model, geometry. A new question is a new
room; rooms on one floor do not know each other.
"""
