"""Find the people that a batch is about, for enrichment and erasure."""
