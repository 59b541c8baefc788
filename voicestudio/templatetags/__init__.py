"""Template tags: how facts are drawn and said on a page."""
