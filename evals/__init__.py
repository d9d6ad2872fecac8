"""How an answer becomes a record."""

from proctor.evals.own import metric

__all__ = ["metric"]
