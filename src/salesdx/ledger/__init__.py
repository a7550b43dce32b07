"""A signed log that knows no rules."""
