"""What is protected and by which law: classes, records, rules as they are written.

Imports catalog, model and geometry. How a rule binds a project is no matter of this wing but of
`analysis.conflicts.binding`.
"""
