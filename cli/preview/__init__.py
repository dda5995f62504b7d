"""`relay preview`."""
