"""A second model of the language, to hold the product to it.

Written from the definition of language version 2 alone and importing nothing of the product: files are read by PyYAML,
conditions by a parser of its own, numbers are fractions. Clauses are cited as the definition counts them ("1.2").
"""
