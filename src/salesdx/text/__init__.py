"""Files as text: YAML with places, and faults that say where they stand."""
