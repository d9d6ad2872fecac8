"""How an answer becomes a record: the vocabulary, one file per axis, judges, statistics, the cache.

This package is the leaf: it imports no other package of the project, and nothing heavy until it is used.
"""
