"""The pages: each a function of the desk and a visit, which answers."""
