"""Voices: bookkeeping, IDs, notes, sync with MiniMax and deletion."""
