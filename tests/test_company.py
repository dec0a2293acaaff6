"""Onsets among all others nearby, against loops over pairs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detector.core import company
from detector.core.features import Features
from detector.records import Float32, Float64

FALL = ("after_3_low_db", "after_5_low_db", "after_8_low_db", "balance_high_db")


def crowd(n: int, seed: int, length_s: float = 20.0) -> tuple[Float64, Float64, Float64, Features, Float32]:
    rng = np.random.default_rng(seed)
    pattern = rng.standard_normal((n, 20))
    pattern /= np.linalg.norm(pattern, axis=1, keepdims=True)
    return (
        np.sort(rng.uniform(0, length_s, n)),
        rng.uniform(-40, 0, n),
        rng.uniform(0, 1, n),
        Features(FALL, rng.uniform(-30, 0, (n, 4)).astype(np.float32)),
        pattern.astype(np.float32),
    )


def looped(
    row: int, time_s: Float64, level_db: Float64, chance: Float64, features: Features, pattern: Float32
) -> dict[str, float]:
    """Loop twin of one row."""
    others = [k for k in range(len(time_s)) if k != row and abs(time_s[k] - time_s[row]) <= 5.0]
    near = [k for k in others if abs(time_s[k] - time_s[row]) <= 1.0]
    loud = [k for k in others if level_db[k] > level_db[row] - 10]

    def most(values: list[float], none: float = math.nan) -> float:
        return max(values, default=none)

    def mean(values: list[float]) -> float:
        return sum(values) / len(values) if values else math.nan

    told = {
        "onsets_1_s": len(near),
        "onsets_5_s": len(others),
        "loudest_1_s_db": most([level_db[k] - level_db[row] for k in near]),
        "loudest_5_s_db": most([level_db[k] - level_db[row] for k in others]),
        "as_loud_1_s": len(set(near) & set(loud)),
        "as_loud_5_s": len(loud),
        "as_loud_alike": mean([float(pattern[k] @ pattern[row]) for k in loud]),
        "as_loud_chance": mean([chance[k] for k in loud]),
        "as_loud_likeliest": most([chance[k] for k in loud]),
    }
    for reach_s in (0.05, 1.0):
        for side, sign in (("before", -1), ("after", 1)):
            there = [k for k in others if 0 < sign * (time_s[k] - time_s[row]) <= reach_s]
            told[f"likeliest_{side}_{reach_s:g}_s"] = most([chance[k] for k in there], 0.0)
    for side, sign in (("after", -1), ("before", 1)):
        close = [k for k in others if 0.003 <= sign * (time_s[k] - time_s[row]) <= 0.045]
        k = max(close, key=lambda k: level_db[k], default=-1)
        told |= {
            f"closely_{side}_s": abs(time_s[k] - time_s[row]) if close else math.nan,
            f"closely_{side}_db": level_db[k] - level_db[row] if close else math.nan,
            f"closely_{side}_balance_db": features.values[k, 3] - features.values[row, 3] if close else math.nan,
        }
        last = features.values[k, :3].min() if side == "after" else chance[k]
        told[f"closely_{side}_{'fall_db' if side == 'after' else 'chance'}"] = last if close else math.nan
    return told


@pytest.mark.parametrize(
    ("n", "length_s", "seed"), [(1, 20.0, 1), (2, 0.02, 2), (60, 20.0, 3), (80, 0.6, 4), (30, 200.0, 5)]
)
def test_columns_are_those_of_a_loop_over_pairs(n: int, length_s: float, seed: int) -> None:
    given = crowd(n, seed, length_s)
    found = company.describe(*given)
    for row in range(n):
        expected = looped(row, *given)
        assert set(expected) == set(found.names)
        values = [expected[name] for name in found.names]
        np.testing.assert_allclose(found.values[row], values, rtol=1e-4, atol=1e-5)


def test_reaches_hold_their_edges() -> None:
    _, level_db, chance, features, pattern = crowd(4, 8)
    time_s = np.array([0.0, 1.0, 5.0, 10.001])  # the last is 5.001 s behind the one before
    found = company.describe(time_s, level_db, chance, features, pattern)
    told = dict(zip(found.names, found.values.T.tolist(), strict=True))
    assert told["onsets_1_s"] == [1, 1, 0, 0]
    assert told["onsets_5_s"] == [2, 2, 2, 0]


def test_blocks_of_pairs_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    given = crowd(70, 6, 10.0)
    whole = company.describe(*given).values
    monkeypatch.setattr(company, "_PAIRS", 90)
    np.testing.assert_array_equal(company.describe(*given).values, whole)


def test_no_onsets_have_no_company() -> None:
    found = company.describe(*crowd(0, 7))
    assert found.values.shape == (0, len(found.names))
