"""A small cut of a corpus, measured again after every change: has a figure become worse beyond its error?

The figures of each file are numbers that add up, so that every figure is a quotient of sums and
drawing the files anew is one product of matrices. The files stay the same from one time to the
next, so what changes between them is compared on the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np

from detector.lab.corpus import Case
from detector.lab.metrics import score_onsets
from detector.records import Float64, Report

DRAWS = 4000
CONFIDENCE = 0.95
NO_GUNFIRE = "no gunfire"


@dataclass(frozen=True)
class Row:
    """One file in numbers that add up over files.

    Of the onsets called shots, `right_10` and `right_50` are within 10 and 50 ms of an audible shot;
    `judged_10` and `judged_50` are all but those on shots too faint to hear. `counted` and `covered`
    are 1 where the best estimate and the interval meet the true range.
    """

    right_10: int
    judged_10: int
    right_50: int
    judged_50: int
    audible: int
    counted: int
    covered: int


@dataclass(frozen=True)
class Change:
    """A figure then, with its error, and now; `worse` where it changed for the worse by more than that."""

    group: str
    figure: str
    before: float
    error: float
    now: float
    worse: bool


def row(case: Case, report: Report) -> Row:
    """What a report says about a case whose onsets are all labelled."""
    sure = [shot.time_s for shot in report.shots if shot.status == "shot"]
    fine, coarse = score_onsets(case.marks, sure, 0.01), score_onsets(case.marks, sure, 0.05)
    count = report.count
    return Row(
        right_10=fine.right,
        judged_10=fine.judged,
        right_50=coarse.right,
        judged_50=coarse.judged,
        audible=fine.audible,
        counted=int(count is not None and case.count_low <= count.best <= case.count_high),
        covered=int(count is not None and count.low <= case.count_high and count.high >= case.count_low),
    )


def group(case: Case) -> str:
    """The group whose figures a case belongs to."""
    return NO_GUNFIRE if case.gun_free else f"{case.material} gunfire"


_FIELDS = {field.name: number for number, field in enumerate(fields(Row))}
_ALL_WRONG = Row(right_10=0, judged_10=1, right_50=0, judged_50=1, audible=1, counted=0, covered=0)


@dataclass(frozen=True)
class _Figure:
    """A quotient of sums of shape (..., fields) over so many files; `better` is 1 where higher is better, else -1."""

    name: str
    of: Callable[[Float64, int], Float64]
    better: int = 1


def _f1(right: str, judged: str) -> Callable[[Float64, int], Float64]:
    columns = [_FIELDS[name] for name in (right, judged, "audible")]

    def figure(sums: Float64, files: int) -> Float64:
        found, said, true = (sums[..., column] for column in columns)
        return np.asarray(2 * found / np.maximum(said + true, 1))

    return figure


def _per_file(name: str) -> Callable[[Float64, int], Float64]:
    return lambda sums, files: np.asarray(sums[..., _FIELDS[name]] / files)


_COUNTS = _Figure("counts in range", _per_file("counted"))
_GUNFIRE = (
    _Figure("F1 at 10 ms", _f1("right_10", "judged_10")),
    _Figure("F1 at 50 ms", _f1("right_50", "judged_50")),
    _COUNTS,
    _Figure("intervals that hold", _per_file("covered")),
)
_NO_GUNFIRE = (_Figure("false shots a file", _per_file("judged_10"), better=-1), _COUNTS)


def changes(groups: Mapping[str, str], before: Mapping[str, Row], now: Mapping[str, Row]) -> list[Change]:
    """Every figure of every group, then and now.

    Parameters
    ----------
    groups
        File name -> group, as `group` tells it.
    before, now
        File name -> what was found, for the same names.

    Notes
    -----
    Files are drawn with replacement `DRAWS` times, from a seed (bootstrap, Efron 1979). A figure is
    worse when it is so in 95 of 100 draws, the same files drawn for then and now (three of them or
    more became worse, as a rule), or when it is worse than 95 of 100 draws of then alone (one file
    that weighs much became much worse). For the second, and for `error`, the files of then have one
    beside them in which everything is wrong: a perfect figure has an error too.
    """
    found: list[Change] = []
    for name in sorted(set(groups.values())):
        files = sorted(file for file, its in groups.items() if its == name)
        then, since = (np.array([astuple(rows[file]) for file in files], np.float64) for rows in (before, now))
        figures = _NO_GUNFIRE if name == NO_GUNFIRE else _GUNFIRE
        found += [_change(name, figure, then, since) for figure in figures]
    return found


def _change(name: str, figure: _Figure, then: Float64, since: Float64) -> Change:
    gain = figure.better * (_drawn(figure, since) - _drawn(figure, then))
    alone = figure.better * _drawn(figure, np.vstack([then, astuple(_ALL_WRONG)]))
    before, now = (float(figure.of(rows.sum(axis=0), len(rows))) for rows in (then, since))
    beyond = figure.better * now < min(figure.better * before, float(np.quantile(alone, 1 - CONFIDENCE)))
    worse = beyond or float(np.quantile(gain, CONFIDENCE)) < 0
    return Change(name, figure.name, before, float(alone.std()), now, worse)


def _drawn(figure: _Figure, rows: Float64) -> Float64:
    """(DRAWS,) the figure of files drawn with replacement; the same files for as many rows."""
    files = len(rows)
    draws = np.random.default_rng(0).multinomial(files, np.full(files, 1 / files), DRAWS)
    return figure.of(draws @ rows, files)


def table(found: Sequence[Change]) -> str:
    """The changes as lines of text, one a figure."""
    lines = [f"{'':46}{'committed':>16}{'now':>8}"]
    for each in found:
        committed = f"{each.before:.3f} ± {each.error:.3f}"
        lines.append(
            f"{each.group + ', ' + each.figure:46}{committed:>16}{each.now:>8.3f}{'  WORSE' * each.worse}".rstrip()
        )
    return "\n".join(lines)
