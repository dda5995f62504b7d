"""HTTP in: authenticates, parses, keeps what some connection wants, appends it to lanes, answers 202."""
