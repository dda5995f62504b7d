"""What a worker does while Redis cannot be used, or is at its maxmemory."""
