"""What people said of one case, and the facts that follow."""
