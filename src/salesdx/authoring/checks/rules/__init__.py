"""Checks of what rules say."""
