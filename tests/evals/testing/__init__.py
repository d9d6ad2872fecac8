"""What others test their own with, tried on our own and on what is broken."""
