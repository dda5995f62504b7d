"""Read what mParticle sends: bodies, batches and events as types."""
