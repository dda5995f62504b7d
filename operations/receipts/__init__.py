"""Receipts: write them, find them again, tell how far back they reach."""
