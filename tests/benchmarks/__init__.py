"""Benchmarks: ours beside a bare baseline, measured in the same run; nothing asserts here."""
