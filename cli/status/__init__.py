"""`relay status`: the state of every connection, the ledger and daily counts."""
