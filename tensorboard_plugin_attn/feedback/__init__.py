"""What viewers said of recommendations: kept in a database of its own, never in a log directory."""
