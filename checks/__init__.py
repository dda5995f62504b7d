"""Checks of the project's own language, for `make check`; no part of the product."""
