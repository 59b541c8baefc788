"""Management: commands for scripts and administrators."""
