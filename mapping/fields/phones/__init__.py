"""Phone numbers: read as people write them, and the plan of each region."""
