"""Files that people write, read in bounds, with every problem named by file, line, field and remedy."""
