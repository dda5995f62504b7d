"""Read the settings, the configuration file and the encryption keys."""
