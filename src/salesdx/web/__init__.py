"""The service of a trail: it holds the key and the clock, and is the only writer where people are known."""
