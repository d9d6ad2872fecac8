"""What goes wrong outside of Proctor, done on purpose: `python -m tests.faults KIND` prints what came of it."""
