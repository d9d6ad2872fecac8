"""Base models: found, checked, named and fingerprinted without loading them."""
