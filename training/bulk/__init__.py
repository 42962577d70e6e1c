"""Attention over all users of a recommender, by segment: an Apache Beam pipeline (extra `bulk`)."""
