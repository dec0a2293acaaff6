"""Counts gunshots in the sound of body-worn-camera footage."""

from detector.checks import Agreement, Marks, Review, Reviewed, Verification
from detector.core.comparison import compare
from detector.core.concordance import agreement
from detector.errors import DetectorError, MarksError, MediaError, OutputError, ReviewError, SettingsError, TallyError
from detector.incident import detect_incident
from detector.labels import read as read_marks
from detector.recording import detect, detect_samples
from detector.records import Comparison, CountInterval, Incident, Report, Shot, Tally, Volley
from detector.reports import read as read_report
from detector.reviews import read as read_review
from detector.settings import Settings
from detector.tallies import read as read_tallies
from detector.verification import verify

__all__ = [
    "Agreement",
    "Comparison",
    "CountInterval",
    "DetectorError",
    "Incident",
    "Marks",
    "MarksError",
    "MediaError",
    "OutputError",
    "Report",
    "Review",
    "ReviewError",
    "Reviewed",
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
    "detect_incident",
    "detect_samples",
    "read_marks",
    "read_report",
    "read_review",
    "read_tallies",
    "verify",
]
