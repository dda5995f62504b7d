"""Notify the operator: about connections, and about Redis itself."""
