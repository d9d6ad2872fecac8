"""Documents to passages, passages to an index, a question to what is found."""
