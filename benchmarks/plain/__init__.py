"""The version most teams write first: a Celery task per batch, a POST per event. Written once and left alone."""
