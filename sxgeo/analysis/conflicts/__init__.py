"""What a plot collides with: the question, the rules that bind, distances and overlaps, findings,
the receipt.

Imports the wings below analysis, never `accessibility` or `network`. How a rule binds stands in
`binding.py`, what a distance means in `relation.py`.
"""
