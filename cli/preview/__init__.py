"""`relay preview`: what batches would become."""
