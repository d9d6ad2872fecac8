"""The axes of the exam, one file each, and the catalogue that lists them."""
