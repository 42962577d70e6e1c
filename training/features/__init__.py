"""Text as vectors, by pretrained models that run without a network."""
