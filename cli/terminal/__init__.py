"""What all commands share: prompts, output and messages in a terminal."""
