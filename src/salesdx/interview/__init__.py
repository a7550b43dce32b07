"""Which question helps most, and a conversation that asks it."""
