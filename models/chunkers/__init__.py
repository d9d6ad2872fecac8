"""What splits documents into passages: one file a way, behind one protocol, chosen by name."""
