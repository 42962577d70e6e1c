"""Which method says what a trained model's recommendations rest on, over many users."""
