"""Rules as graphs."""
