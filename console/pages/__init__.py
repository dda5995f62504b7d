"""The pages: each is a function of the services and a request that returns the answer."""
