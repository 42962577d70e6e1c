"""Models as data: a description and weights from a log, replayed in NumPy, never executed."""
