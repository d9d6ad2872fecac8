"""A folder to a suite, with all that is wrong in it said at once."""
