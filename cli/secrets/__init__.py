"""`relay secrets`."""
