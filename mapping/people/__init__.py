"""Tell whom a batch is about, for enrichment and erasure."""
