"""`relay check`."""
