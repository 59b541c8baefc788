"""Paid calls: the way of every request that costs money, for clones and speeches alike."""
