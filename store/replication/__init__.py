"""Several servers: find the primary and its replicas, wait for replicas, and say what a 202 means."""
