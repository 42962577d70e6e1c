"""What viewers said becomes a run of its own: fine-tuned from its parent, guarded, undoable."""
