"""The processes that `relay` runs: ingest, workers, the sandbox, Flower and the console."""
