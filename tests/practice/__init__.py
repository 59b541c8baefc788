"""Tests of the practice provider."""
