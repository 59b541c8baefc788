"""Floor 3: the commands for scripts and operators."""
