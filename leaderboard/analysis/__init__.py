"""The figures of a run: series, rankings, pairs, effects, slices."""
