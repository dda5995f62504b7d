"""Small files of a user: the environment file, the first configuration, and how a small file is read."""
