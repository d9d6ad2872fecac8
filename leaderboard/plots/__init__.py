"""The plots of a section: one file for each, one table of all."""
