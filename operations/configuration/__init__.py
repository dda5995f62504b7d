"""Show a configuration in the words of its file, and what another one would change."""
