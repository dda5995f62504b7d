"""Celery: the app, the deliver job, the timer."""
