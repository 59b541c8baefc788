"""Voice Studio: clone voices with MiniMax, in the browser."""

__version__ = "0.1.0"
