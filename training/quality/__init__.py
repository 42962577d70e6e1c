"""How good the models are, against bars and baselines: `python -m training evaluate`."""
