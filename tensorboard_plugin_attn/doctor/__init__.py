"""What is in a log, what is wrong with it, whom it tells of; and taking a person out of it."""
