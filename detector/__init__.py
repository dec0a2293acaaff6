"""Counts gunshots in the sound of body-worn-camera footage."""

from detector.checks import Agreement, Marks, Verification
from detector.core.comparison import compare
from detector.core.concordance import agreement
from detector.errors import DetectorError, MarksError, MediaError, OutputError, SettingsError, TallyError
from detector.labels import read as read_marks
from detector.recording import detect, detect_samples
from detector.records import Comparison, CountInterval, Report, Shot, Tally, Volley
from detector.reports import read as read_report
from detector.settings import Settings
from detector.tallies import read as read_tallies
from detector.verification import verify

__all__ = [
    "Agreement",
    "Comparison",
    "CountInterval",
    "DetectorError",
    "Marks",
    "MarksError",
    "MediaError",
    "OutputError",
    "Report",
    "Settings",
    "SettingsError",
    "Shot",
    "Tally",
    "TallyError",
    "Verification",
    "Volley",
    "agreement",
    "compare",
    "detect",
    "detect_samples",
    "read_marks",
    "read_report",
    "read_tallies",
    "verify",
]
