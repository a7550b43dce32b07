"""How graphs look."""
