"""What to use in a situation: options, costs, risks, and what would settle it."""
