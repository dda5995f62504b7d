"""Settings, the configuration file, secrets."""
