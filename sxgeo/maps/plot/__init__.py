"""The map of a zone as a static figure: matplotlib, one sheet of paper, PNG, PDF or SVG.

matplotlib is imported only when a figure is asked for.
"""
