"""A run on the disk and in memory: records, answers, provenance, labels, saved runs."""
