"""Voices: bookkeeping, voice IDs, notes, sync with MiniMax and deletion."""
