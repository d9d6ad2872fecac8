"""Files that are whole or not at all: the cache, journals, manifests, checksums, and what a disk does not take."""
