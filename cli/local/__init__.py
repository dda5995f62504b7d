"""`relay up`: everything on one machine."""
