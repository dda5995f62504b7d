"""Profiles in the configuration: their fields, the record that reads them, and warnings."""
