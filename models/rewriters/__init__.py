"""What a question is put into before it is looked up, by the system's own model."""
