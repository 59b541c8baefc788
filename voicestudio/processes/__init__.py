"""Processes: starts the parts of the studio, watches them, ends them; knows nothing of the house.

It stays light, because it stands beside the real work all day: no Django in here.
"""
