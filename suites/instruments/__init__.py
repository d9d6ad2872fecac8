"""The embedded domain: the support desk of a maker of bench instruments."""
