"""The back ends: each gives the truth of every rule, and decides nothing else."""
