"""Rules and a case to a diagnosis."""
