"""`relay status`."""
