"""Questions that a model drafts from documents: what it is asked, what of its replies is kept, and how people review that."""
