"""Events out: client, verdict, backoff, dead letters."""
