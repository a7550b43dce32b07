"""All possible fact files of a rule base as formulas for z3, and the search for one that breaks a property."""
