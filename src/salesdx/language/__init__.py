"""What an expression means: three truths, conditions, parsing, tests on counts."""
