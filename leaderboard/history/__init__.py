"""Run after run: what moved, and the feeds that say so."""
