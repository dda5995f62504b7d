"""`relay secrets`: encryption keys, and what they encrypt."""
