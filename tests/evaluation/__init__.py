"""Measures the recording check on real speech; `make corpus` builds the recordings and runs it."""
