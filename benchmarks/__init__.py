"""Benchmarks: ours and its peers, interleaved in one run; only ratios count."""
