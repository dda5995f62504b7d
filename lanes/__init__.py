"""Durable lanes on Redis: append, wake, claim, renew, settle."""
