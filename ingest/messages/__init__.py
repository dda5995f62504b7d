"""What came from a queue or a stream: requests that are never refused for what is in them, in parts."""
