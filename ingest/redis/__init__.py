"""What ingest knows of its Redis: its memory, its replicas, and what a 202 means now."""
