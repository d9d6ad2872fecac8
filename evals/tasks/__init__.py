"""General tasks of lm-eval: read, checked and scored."""
