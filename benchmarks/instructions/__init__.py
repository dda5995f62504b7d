"""Count the instructions of ingest, a worker and Redis's server for each event in bulk, with receipts and without."""
