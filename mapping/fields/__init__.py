"""Decide about single values: normalise, hash, omit or refuse each kind of field."""
