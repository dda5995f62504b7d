"""The console's own process: ingest starts it and forwards requests to it; it serves the pages."""
