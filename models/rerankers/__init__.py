"""What puts found passages into a better order."""
