"""Bound HTTP connections, bodies and large requests."""
