"""`relay trace`: where events went, by their ids."""
