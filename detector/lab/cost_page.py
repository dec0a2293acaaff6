"""Figures of cost -> docs/BENCHMARK.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detector.lab.cost import Usage

CPU_AIM = 2.0  # whole job over decoding alone
LIBROSA_AIM = 1 / 3  # whole job over librosa's onset detector
MEMORY_AIM_MB = 200.0
SPREAD_AIM = 0.10  # of memory between the shortest and the longest recording
START_AIM_S = 0.7


def page(
    measured: Mapping[int, Mapping[str, Usage]],
    startup: Usage,
    provenance: Mapping[str, str],
    *,
    stages: Mapping[str, float] | None = None,
    large: tuple[float, Mapping[str, Usage]] | None = None,
) -> str:
    """The page of figures in Markdown.

    Parameters
    ----------
    measured
        Minutes of sound -> "decode", "count" and, where it was run, "librosa" -> usage.
    startup
        Of the command with `--help`.
    stages
        CPU seconds of each stage of the longest recording that librosa was given.
    large
        Gigabytes of a recording of an hour beside a large picture, and its "decode", "count" and "hash".
    """
    rows = [row for minutes, each in measured.items() for row in _rows(f"{minutes}", each)]
    if large:
        rows += _rows(f"60, {large[0]:.1f} GB", large[1])
    facts = [f"- {what}: {value}" for what, value in provenance.items()]
    return "\n".join(
        [
            *(_INTRODUCTION, *rows, "", started(startup), ""),
            *_bounds(measured, startup),
            *(_about_hash(large[1]) if large else ()),
            *(_shares(stages) if stages else ()),
            *("", *facts, ""),
        ]
    )


def started(startup: Usage) -> str:
    """What starting the command costs, in one sentence."""
    return (
        f"Start-up alone, as `count-shots --help`: {startup.cpu_s:.2f} s of CPU and {startup.peak_mb:.0f} MB, "
        "which every row of `count-shots` includes."
    )


def _rows(what: str, each: Mapping[str, Usage]) -> list[str]:
    decode, librosa = each["decode"].cpu_s, each.get("librosa")
    return [
        f"| {what} | {_PROCESSES[name]} | {used.cpu_s:.2f} | {used.cpu_s / decode:.1f} "
        f"| {f'{used.cpu_s / librosa.cpu_s:.2f}' if librosa else '-'} | {used.peak_mb:,.0f} |"
        for name, used in each.items()
    ]


def _bounds(measured: Mapping[int, Mapping[str, Usage]], startup: Usage) -> list[str]:
    count = {minutes: each["count"] for minutes, each in measured.items()}
    peaks = [used.peak_mb for used in count.values()]
    spread = max(peaks) / min(peaks) - 1
    lines = ["What is aimed at:", ""]
    for minutes, each in measured.items():
        lines.append(
            _aim(f"{minutes} minutes, CPU to decoding alone", each["count"].cpu_s / each["decode"].cpu_s, CPU_AIM)
        )
        if "librosa" in each:
            ratio = each["count"].cpu_s / each["librosa"].cpu_s
            lines.append(_aim(f"{minutes} minutes, CPU to librosa", ratio, LIBROSA_AIM))
        lines.append(_aim(f"{minutes} minutes, MB", each["count"].peak_mb, MEMORY_AIM_MB))
    hourly = [(used.cpu_s - startup.cpu_s) * 60 / minutes for minutes, used in count.items()]
    each_hour = ", ".join(f"{cost_s:.1f} s ({minutes} minutes)" for minutes, cost_s in zip(count, hourly, strict=True))
    return [
        *lines,
        _aim("memory of the most over the least, less 1", spread, SPREAD_AIM),
        _aim("start-up, s", startup.cpu_s, START_AIM_S),
        "",
        f"CPU for an hour of sound, start-up apart: {each_hour}.",
    ]


def _aim(what: str, value: float, most: float) -> str:
    return f"- {what}: {value:.3g}, at most {most:.3g} ({'met' if value <= most else 'missed'})"


def _about_hash(large: Mapping[str, Usage]) -> Sequence[str]:
    rest_s = large["count"].cpu_s - large["hash"].cpu_s
    return (
        "",
        f"Of the large file's run, its SHA-256 takes about {large['hash'].cpu_s:.1f} s; without it the run takes "
        f"{rest_s / large['decode'].cpu_s:.1f} times the CPU of decoding alone, which reads the picture as well.",
    )


def _shares(stages: Mapping[str, float]) -> Sequence[str]:
    total_s = sum(stages.values())
    return (
        *("", "Where the time goes, by Python's profiler, which makes the run itself slower:", ""),
        *("| stage | CPU s | share |", "|---|---:|---:|"),
        *(f"| {stage} | {spent_s:.2f} | {spent_s / total_s:.0%} |" for stage, spent_s in stages.items()),
    )


_PROCESSES = {
    "decode": "decoding alone",
    "count": "`count-shots`",
    "librosa": "librosa's onset detector, sound already decoded",
    "hash": "SHA-256 alone",
}

_INTRODUCTION = """\
# What a run costs

Written by `scripts/benchmark.py`; do not edit. The recordings are composed (talk, steps, radio, doors and one barrage
of 107 shots an hour; AAC, 48 kHz, one channel, beside a small picture) and made on the fly; longer ones repeat the
packets of the one of 60 minutes. Each row is a whole process, imports and start-up included: CPU seconds (user and
system) and peak resident memory, the least of several runs taken in turn. "Decoding alone" reads and decodes the same
sound with PyAV and throws it away. "librosa's onset detector" is `librosa.load(path, sr=None)` and
`librosa.onset.onset_detect` with its defaults on the same sound as a 16-bit WAV file: it need not decode, and it finds
onsets of any kind and says nothing about shots; beyond an hour it is left out, since it holds all sound in memory.
Of MP4 files FFmpeg keeps an index of every packet in memory, which both decoding and `count-shots` pay. Trust the
ratios; seconds depend on the machine.

| minutes | process | CPU s | to decoding | to librosa | peak MB |
|---:|---|---:|---:|---:|---:|"""
