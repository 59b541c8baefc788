"""The studio on several machines, under load and with faults; see `__main__`."""
