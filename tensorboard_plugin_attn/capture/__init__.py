"""Getting attention out of models: who is watched (`cohort`) and how (one module per framework)."""
