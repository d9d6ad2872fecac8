"""The vocabulary, and what everything else stands on: it imports nothing else of Proctor's."""
