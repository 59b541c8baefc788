"""Services: the order of things. Transactions, files, provider calls, tasks."""
