"""Many cases at once: read as columns, settled, decided and written in batches. The one room of Arrow."""
