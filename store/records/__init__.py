"""What relay keeps in Redis beside the queue: addresses, alerts, the audit log, sessions of the console, counts."""
