"""Claims about RAG and fine-tuning, tested on a run."""
