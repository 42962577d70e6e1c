"""The demo: real data, two real trainings, one command."""
