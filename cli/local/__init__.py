"""`relay up`: run everything on one machine."""
