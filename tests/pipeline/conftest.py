"""Fixtures of tests with real processes."""

from support.fixtures import place

__all__ = ["place"]
