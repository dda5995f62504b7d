"""Read relay.yaml: bytes to a tree with line numbers, then by the schema to typed values."""
