"""One module per domain: where its data is, what its settings are, how it is run."""
