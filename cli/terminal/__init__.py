"""What commands share at a terminal: prompts, output, messages."""
