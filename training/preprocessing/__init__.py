"""From raw interactions to padded sequences: reading, splitting, windows."""
