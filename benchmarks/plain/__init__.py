"""The version that most teams write first: a Celery task per batch, a POST per event. It is not developed further."""
