"""The pages of dead letters: the list, one dead letter, its editor, replay and discard, and who was shown them."""
