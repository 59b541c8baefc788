"""Tests of parts that are gone, full, slow or corrupt: what people read and what the log says."""
