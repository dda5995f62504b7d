"""Evaluate conditions over events as the mapping reads them."""
