"""Practice: a stand-in for MiniMax over HTTP, for practice mode and for tests."""
