"""Reports over many decisions."""
