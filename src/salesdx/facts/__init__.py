"""Facts from a firm's systems: mappings, the warehouse they fill, and what is drawn from it."""
