"""Processes: starts, watches and stops the parts of the studio.

Without Django, so that the supervisor needs little memory.
"""
