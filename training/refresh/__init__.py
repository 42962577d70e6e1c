"""Item texts embedded again, and the model fine-tuned on the new vectors."""
