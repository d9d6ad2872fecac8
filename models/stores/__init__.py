"""Stores of vectors: where a dense index keeps them, and what finds the nearest."""
