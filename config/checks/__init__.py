"""Check what was read as a whole: errors that keep a file from being used, and warnings."""
