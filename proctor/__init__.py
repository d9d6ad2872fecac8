"""The door: pytest's plugin, the command, and the plan of a run. It joins suites, models, evals and leaderboard."""
