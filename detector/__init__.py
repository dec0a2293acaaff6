"""Counts gunshots in the sound of body-worn-camera footage."""
