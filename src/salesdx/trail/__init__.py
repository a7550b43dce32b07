"""The decision trail: an RFC 6962 Merkle log with signed checkpoints, on SQLite or PostgreSQL."""
