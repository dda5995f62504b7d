"""The queue: durable lanes on Redis; append, wake, claim, renew, settle."""
