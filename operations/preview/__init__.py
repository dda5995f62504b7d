"""Show what batches would become, without sending them."""
