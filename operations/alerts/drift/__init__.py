"""Find what stopped or changed without an error, by comparing hourly counts with those of the two weeks before."""
