"""How an answer becomes a record."""
