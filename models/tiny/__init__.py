"""The embedded base model: its weights, and the recipe that rebuilds them."""
