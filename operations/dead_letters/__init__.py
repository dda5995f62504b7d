"""Find, show, edit, replay, discard and export dead letters."""
