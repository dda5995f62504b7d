"""`relay dead-letters`."""
