"""A system on a base model before a domain: what the exam examines."""
