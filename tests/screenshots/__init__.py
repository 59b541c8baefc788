"""Screenshots: the pictures of README, documents and help, all taken by one script."""
