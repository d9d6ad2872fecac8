"""How systems are asked: in what manner, how many calls at a time, what is kept of it, and how they are timed in turn."""
