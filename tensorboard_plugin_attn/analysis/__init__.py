"""Numbers derived from attention arrays. Knows NumPy; knows no HTTP, no files, no protos."""
