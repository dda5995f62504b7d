"""The `relay` command: its subcommands, and the processes that it starts."""
