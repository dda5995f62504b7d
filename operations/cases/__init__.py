"""Test a configuration by cases: a batch, a connection, and what must come out."""
