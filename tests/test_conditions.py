import numpy as np
import pytest

from detector.lab.conditions import GAP, SNR, Conditions, file_bins, gap_bin, shot_bins
from detector.lab.metrics import Marks


@pytest.mark.parametrize(
    ("gap_s", "words"),
    [
        (0.0, "below 5 ms"),
        (0.00999, "5-10 ms"),
        (0.01, "10-20 ms"),
        (0.0999, "50-100 ms"),
        (0.5, "250-1,000 ms"),
        (1.0, "1,000 ms and more"),
        (np.inf, "1,000 ms and more"),
    ],
)
def test_a_bin_holds_its_lower_end(gap_s: float, words: str) -> None:
    assert gap_bin(gap_s)[1] == words


def test_bins_sort_by_what_they_hold() -> None:
    gaps = [gap_bin(gap)[1] for gap in (0.001, 0.006, 0.015, 0.03, 0.07, 0.2, 0.5, 2.0)]
    assert [
        words for _, words in sorted(gap_bin(gap) for gap in (2.0, 0.03, 0.5, 0.006, 0.001, 0.2, 0.07, 0.015))
    ] == gaps


def test_only_what_labels_know_is_a_condition_of_a_file() -> None:
    assert file_bins(Conditions(), rate_hz=0) == {}
    known = file_bins(
        Conditions(guns=5, distance_m=331.6, echo="weak", overloaded=False, place="yard", bit_rate_kbps=32), 16_000
    )
    assert {name: words for name, (_, words) in known.items()} == {
        "sample rate": "16-24 kHz",
        "distance": "300-400 m",
        "guns": "3 or more",
        "bit rate": "below 48 kb/s",
        "overload": "no",
        "echo": "weak",
        "place": "yard",
    }
    assert file_bins(Conditions(guns=2, coded_twice=True), 48_000) == {
        "sample rate": (44.0, "44 kHz and more"),
        "guns": (2.0, "2"),
        "coded twice": (1.0, "yes"),
    }


def test_conditions_of_shots_have_a_bin_for_every_mark() -> None:
    marks = Marks.of([1.0, 1.015, 4.0], audible=[True, False, True])
    assert list(shot_bins(Conditions(), marks)) == [GAP]
    known = shot_bins(
        Conditions(snr_db=np.array([20.0, -3.0, 80.0]), clipped=np.array([True, False, True]), blast=("physical",) * 3),
        marks,
    )
    assert [words for _, words in known[GAP]] == ["1,000 ms and more", "10-20 ms", "1,000 ms and more"]
    assert [words for _, words in known[SNR]] == ["18-24 dB", "below 6 dB", "50 dB and more"]
    assert [words for _, words in known["clipped"]] == ["yes", "no", "yes"]
    assert [words for _, words in known["blast"]] == ["physical"] * 3
