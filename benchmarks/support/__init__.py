"""What the parts measure with: processes, load, batches, timing."""
