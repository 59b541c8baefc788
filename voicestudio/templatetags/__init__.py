"""Template tags: how facts are drawn on a page."""
