"""Where a site is shown: a preview on this machine, a branch of a repository."""
