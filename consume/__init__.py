"""Take batches from queues: receive messages, decode, sort and append them as ingest does, then acknowledge them."""
