"""Suites written: to start from, from another format, or generated."""
