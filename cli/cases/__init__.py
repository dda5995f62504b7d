"""The command that tests a configuration by cases."""
