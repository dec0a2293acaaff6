"""The nouns: what flows between the rooms, as frozen dataclasses.

Times are float64 seconds on the presentation clock of the file: 0 is where a player shows 0:00.
Per-sample and per-candidate data are columns (numpy arrays of equal length); shots, volleys and
reports, of which there are tens to hundreds, are small objects.
"""

from detector.records.alignment import AlignedPair, Alignment
from detector.records.incident import (
    Arrival,
    Camera,
    Decision,
    Incident,
    IncidentShot,
    Order,
    Position,
)
from detector.records.report import (
    CountInterval,
    DeviceTone,
    Moment,
    Overview,
    Rejected,
    RejectedCount,
    Repeat,
    Report,
    Shot,
    Span,
    Status,
    Volley,
)
from detector.records.results import Listed, Result
from detector.records.selftest import EchoMistakes, GapShare, LevelRecall, SelfTest, Situation
from detector.records.sound import (
    HEARD_STATES,
    AudioFacts,
    Block,
    Bool,
    Coverage,
    Float32,
    Float64,
    Int64,
    Layouts,
    PictureIndex,
    Recording,
    State,
    Track,
    VideoFacts,
)
from detector.records.tallies import (
    Comparison,
    SpanComparison,
    Tally,
    Verdict,
)

__all__ = [
    "HEARD_STATES",
    "AlignedPair",
    "Alignment",
    "Arrival",
    "AudioFacts",
    "Block",
    "Bool",
    "Camera",
    "Comparison",
    "CountInterval",
    "Coverage",
    "Decision",
    "DeviceTone",
    "EchoMistakes",
    "Float32",
    "Float64",
    "GapShare",
    "Incident",
    "IncidentShot",
    "Int64",
    "Layouts",
    "LevelRecall",
    "Listed",
    "Moment",
    "Order",
    "Overview",
    "PictureIndex",
    "Position",
    "Recording",
    "Rejected",
    "RejectedCount",
    "Repeat",
    "Report",
    "Result",
    "SelfTest",
    "Shot",
    "Situation",
    "Span",
    "SpanComparison",
    "State",
    "Status",
    "Tally",
    "Track",
    "Verdict",
    "VideoFacts",
    "Volley",
]
