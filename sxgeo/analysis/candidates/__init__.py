"""Land that is reachable, clear and large enough, found from the question backwards.

Holds the search for candidates, what is told of each, and why a place is none. Imports
`conflicts/`, `accessibility/` and what lies below them. A new constraint becomes keep-outs or
keep-ins in `wishes.py`; the geometry of all of them is one: `land.py`.
"""
