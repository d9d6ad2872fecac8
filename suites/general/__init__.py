"""The embedded general benchmark: small lm-eval tasks."""
