"""Recordings in, sound on the presentation clock out."""
