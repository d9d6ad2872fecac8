"""What makes vectors of texts: one file a kind, behind one protocol, chosen by name."""
