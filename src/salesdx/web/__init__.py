"""The service of a trail, which holds its key and clock and alone writes where people are known: API and pages."""
