"""Training recommenders whose attention can be watched. Run from a checkout; never installed."""
