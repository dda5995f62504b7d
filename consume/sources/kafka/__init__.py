"""Kafka as a source: its messages, its client's options and errors, and which offsets may be committed."""
