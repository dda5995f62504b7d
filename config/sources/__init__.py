"""The queues of `sources:`: what the file says of each, and what the forms of their URLs are."""
