"""A prompt to an answer: in batches, bounded, timed."""
