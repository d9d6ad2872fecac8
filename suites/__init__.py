"""What is asked: suites as folders of data."""
