"""The static page: one file with everything in it, and its data beside it."""
