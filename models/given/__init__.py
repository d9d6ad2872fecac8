"""Answers that were given elsewhere: files of them, read as rows and matched to the questions of a suite."""
