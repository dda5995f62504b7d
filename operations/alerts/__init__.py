"""Decide when to alert, and what an alert says."""
