"""What the interval of a count rests on, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from detector.records import Incident, Report


def sentences(report: Report | Incident) -> tuple[str, ...]:
    """What the interval rests on: one sentence per entry of `report.basis`."""
    if report.count is None:
        return ()
    basis = dict(report.basis)
    found = []
    if calibrated := basis.pop("calibrated_on", None):
        gunfire = basis.pop("real_body_camera", False)
        found.append(f"Calibrated on {calibrated}{'' if gunfire else ', not on body-camera gunfire'}.")
    inside = basis.pop("inside_calibrated_range", None)
    lies = "The incident lies" if isinstance(report, Incident) else "This recording lies"
    if inside is False:
        found.append(f"{lies} outside the calibrated range: the interval may be too narrow.")
    elif inside:
        found.append(f"{lies} inside the calibrated range.")
    if measured := basis.pop("measured", None):
        try:
            found.append(_measured(measured, report.count.best))
        except (KeyError, TypeError, ValueError):  # of another version, or edited: shown as it stands
            basis["measured"] = measured
    # Whatever else a model's card says is shown as it stands, rather than dropped.
    found += [
        f"{_words(name)[:1].upper()}{_words(name)[1:]}: {_plain(value)}."
        for name, value in basis.items()
        if value is not None
    ]
    return tuple(found)


def _measured(measured: Mapping[str, Any], best: int) -> str:
    """How well recordings were counted in which about as many shots were found."""
    alike = f"{measured['recordings']} labelled recordings left out of the fit ({measured['real']} real)"
    where = f"In {alike}, where about as many shots were counted" if best else f"In {alike}, where none was counted"
    held = f"the interval held the true count in {measured['held']:.0%}"
    median, worst = measured["off_median"], measured["off_worst_tenth"]
    if measured["off_is_share"]:
        half = f"off by up to {median:.0%} of the number counted" if median else "counted exactly"
        return f"{where}, {held}; half were {half}, the worst tenth were off by {worst:.0%} of it or more."
    return f"{where}, {held} and the count was right in {measured['right']:.0%}."


def _words(name: str) -> str:
    return name.replace("_hz", " in Hz").replace("_", " ")


def _plain(value: object) -> str:
    """An entry of a model's card in words, whatever it holds."""
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(str(name))} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value).rstrip(".")
