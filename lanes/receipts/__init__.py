"""Receipts in Redis: those that a trace searches, and those that wait for the archive. What they say is opaque here."""
