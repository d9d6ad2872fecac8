"""Texts: their characters, words, numbers, sentences and marks, and what an answer says by them."""
