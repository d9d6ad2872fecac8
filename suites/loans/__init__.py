"""The second embedded domain: the loans of an instrument store, and the notation that its log demands."""
