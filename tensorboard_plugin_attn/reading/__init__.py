"""The reader's side: event files in, runs with layers, steps and frames out."""
