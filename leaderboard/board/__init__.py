"""The figures laid out for a reader: sections, cells, the verdict, the terminal's tables."""
