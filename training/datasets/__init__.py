"""One module per domain: where its data comes from, what its columns mean, what its words are."""
