"""The console: what happened to events, and mending it, in the browser."""
