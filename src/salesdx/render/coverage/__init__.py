"""How coverage looks."""
