"""Work on a rule base: its worked cases, checks, coverage and proofs."""
