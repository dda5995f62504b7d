"""The web page for whoever asks what became of events: what is so, why, and mending it."""
