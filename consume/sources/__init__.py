"""Queues behind one interface that hands over raw bytes; one module for each kind of queue."""
