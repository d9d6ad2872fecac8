"""What is asked: suites as folders of data, and the code that reads, checks, starts and imports them."""
