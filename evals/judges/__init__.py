"""Who decides whether a text bears out a claim, and how far judges agree with people."""
