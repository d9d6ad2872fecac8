"""The recipe that trains the embedded model: scripts for a terminal, which nothing else imports."""
