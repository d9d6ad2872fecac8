"""A run against another: what changed, thresholds, policies, the gate and its report."""
