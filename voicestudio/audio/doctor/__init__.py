"""Audio, doctor: what is wrong with a recording, measured before it costs anything."""
