"""Send events to TikTok: the HTTP client, what its answers mean, backoff, and what a dead letter records."""
