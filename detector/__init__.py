"""Counts gunshots in the sound of body-worn-camera footage."""

from detector.core.comparison import compare
from detector.errors import DetectorError, MediaError, OutputError, SettingsError, TallyError
from detector.recording import detect, detect_samples
from detector.records import Comparison, CountInterval, Report, Shot, Tally, Volley
from detector.settings import Settings
from detector.tallies import read as read_tallies

__all__ = [
    "Comparison",
    "CountInterval",
    "DetectorError",
    "MediaError",
    "OutputError",
    "Report",
    "Settings",
    "SettingsError",
    "Shot",
    "Tally",
    "TallyError",
    "Volley",
    "compare",
    "detect",
    "detect_samples",
    "read_tallies",
]
