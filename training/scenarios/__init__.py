"""The six scenarios: one table of them, and what it takes to run any."""
