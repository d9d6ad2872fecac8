"""The commands of ``proctor``, one module each."""
