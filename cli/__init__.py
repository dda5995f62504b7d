"""The `relay` command: serves, supervises, checks, previews, tells."""
