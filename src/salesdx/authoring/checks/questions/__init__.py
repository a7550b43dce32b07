"""Checks of what people are asked."""
