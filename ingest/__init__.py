"""Take batches over HTTP: authenticate, parse, sort events by connection, append them to lanes, answer 202."""
