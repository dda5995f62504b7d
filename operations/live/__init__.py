"""Show events as they end, to those who watch: choose them, mask them, and hand them over."""
