"""Practice: a stand-in for MiniMax over HTTP, for practice mode and for tests.

pytest-httpserver and responses were looked at: they serve prepared answers inside a test, while
practice mode needs a provider that keeps files and voices.
"""
