"""Decide which events a connection forwards, and name the rule that withholds the others."""
