"""The web page for operators: what became of events, why, and how to repair what failed."""
