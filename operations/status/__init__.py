"""Report the status of connections: states, ledger, daily counts, rates."""
