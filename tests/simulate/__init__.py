"""How often Proctor's conclusions are wrong, on data whose truth is known: `python -m tests.simulate NAME` prints a table."""
