"""The steps of one delivery: compose, split, post, count outcomes, settle. `worker/drain.py` runs them in order."""
