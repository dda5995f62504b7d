"""Conditions on events: their words, how a rule is named, and regular expressions that take linear time."""
