"""The figures of docs/ARCHIVE.md: a job beside plain processes and a cluster, and a million hours by that."""

from __future__ import annotations

from collections.abc import Mapping

from detector.lab.archive_trials import MINUTES, Kept, Killed, Timings, Took

_HOURS = 1_000_000
_CORES = 1000
_CORE_HOUR = 0.04  # dollars; what clouds asked for a core and an hour on demand in 2024
_MBIT_S = 6.0  # of video and sound as body cameras record 720p; hours of such are read, not these small files


def figures(timed: Timings, told: Kept, end: Killed | None) -> str:
    """The figures as Markdown, to stand between the marks of docs/ARCHIVE.md."""
    idle = {kind.removesuffix(" idle"): each for kind, each in timed.jobs.items() if kind.endswith("idle")}
    busy = {kind: each for kind, each in timed.jobs.items() if not kind.endswith("idle")}
    rows = [
        f"| {kind} | {each.wall_s:.1f} | {each.cpu_s:.1f} | {timed.hours * 3600 / each.wall_s:,.0f} |"
        for kind, each in busy.items()
    ]
    nothing = ", ".join(f"{kind} {each.wall_s:.1f} s ({each.cpu_s:.1f} s of CPU)" for kind, each in idle.items())
    return "\n".join(
        [
            f"{timed.hours * 60 / MINUTES:.0f} composed recordings of {MINUTES} minutes, {timed.hours:.1f} h in all.",
            "",
            "| processes | seconds | CPU seconds | times real time |",
            "|---|---:|---:|---:|",
            *rows,
            "",
            f"The same jobs when everything is done already: {nothing}.",
            "",
            *_compared(busy, idle),
            _memory_words(told),
            *([_killed_words(end)] if end is not None else []),
            "",
            *_projection(timed, told),
        ]
    )


def _compared(busy: Mapping[str, Took], idle: Mapping[str, Took]) -> list[str]:
    """Jobs beside plain processes and beside a cluster, without their start-up and end."""
    none = Took(0.0, 0.0)
    work = {kind: [a - b for a, b in zip(each, idle.get(kind, none), strict=True)] for kind, each in busy.items()}
    plain, archive = work["plain 1"][0] / work["plain 2"][0], work["archive 1"][0] / work["archive 2"][0]
    own_time, own_cpu = (100 * (a / b - 1) for a, b in zip(work["archive 1"], work["plain 1"], strict=True))
    dask_time, dask_cpu = (100 * (a / b - 1) for a, b in zip(work["cluster 2"], work["archive 2"], strict=True))
    return [
        f"- Speed-up from one worker to two {archive:.2f}, of two plain processes in the same run {plain:.2f}: "
        f"{archive / plain:.2f} of it (goal: at least 0.9).",
        f"- Over plain processes, catalogue, children and answers cost {own_time:+.0f} % of time and "
        f"{own_cpu:+.0f} % of CPU. Dask on this machine costs {dask_time:+.0f} % of time and {dask_cpu:+.0f} % of CPU "
        "over this command's own workers (goal: at most 15 %). Start-up and end of the jobs are taken off.",
    ]


def _memory_words(told: Kept) -> str:
    most_mb = max(told.last_mb.values())
    grown_mb = max(told.last_mb[worker] - told.first_mb[worker] for worker in told.last_mb)
    return (
        f"- {told.recordings:,} recordings ({told.hours:,.1f} h) by two workers: memory of a child at its most "
        f"{most_mb:.0f} MB, {grown_mb:+.0f} MB from its first file to its last (goal: flat, at most 250 MB)."
    )


def _killed_words(end: Killed) -> str:
    return (
        f"- {end.drivers + end.children} random `kill -9` ({end.drivers} of the driver, {end.children} of a child) in "
        f"{end.rounds} job{'' if end.rounds == 1 else 's'}: the exported verdicts are "
        f"{'the same bytes as without' if end.same else 'NOT the same bytes as without'}."
    )


def _projection(timed: Timings, told: Kept) -> list[str]:
    """A million hours by what this archive took."""
    core_h = timed.jobs["archive 1"].cpu_s / timed.hours / 3600 * _HOURS
    row_bytes = told.catalogue_bytes / told.hours * _HOURS
    read_tb = _MBIT_S / 8 * 3600 * _HOURS / 1e6
    gbit_s = read_tb * 8000 / (core_h / _CORES * 3600)
    return [
        "A million hours, by these figures:",
        "",
        f"- {core_h:,.0f} core hours: {core_h / _CORES:,.1f} hours on {_CORES:,} cores, {core_h * _CORE_HOUR:,.0f} "
        f"dollars at {100 * _CORE_HOUR:.0f} cents a core hour.",
        f"- {read_tb:,.0f} TB read once, at {_MBIT_S:g} Mbit/s of video and sound: {gbit_s:,.0f} Gbit/s on {_CORES:,} "
        "cores, which the storage must give. Files of the size of another one are read twice.",
        f"- A catalogue of {row_bytes / 1e9:,.0f} GB with shots as dense as here.",
    ]
