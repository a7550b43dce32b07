"""Checks of the ladder and its stages."""
