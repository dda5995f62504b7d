"""`relay dead-letters`: list, correct, replay, discard and export events that were not delivered."""
