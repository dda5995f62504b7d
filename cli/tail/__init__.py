"""`relay tail`: events as they end."""
