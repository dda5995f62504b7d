"""A user's profile: what a batch tells of its user, and what fills an event that lacks it."""
