"""Weights from examples: full fine-tuning and adapters, with checkpoints, costs and energy."""
