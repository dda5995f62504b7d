"""Results, and how they are written: table, JSON, Markdown, plots."""
