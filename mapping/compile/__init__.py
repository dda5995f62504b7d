"""Turn the rows of the tables into functions when a configuration loads."""
