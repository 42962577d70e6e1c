"""The recommenders, one module each."""
