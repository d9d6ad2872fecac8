"""Reviewing what a model drafted: a page on this machine's own address, on which drafts are accepted, edited and dropped."""
