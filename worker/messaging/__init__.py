"""Celery as workers use it: its connection to Redis, its consumer, its events of jobs."""
