"""Describe every metric and expose it to Prometheus."""
