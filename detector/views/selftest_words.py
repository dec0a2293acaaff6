"""What a self-test found, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.records import EchoMistakes, GapShare, LevelRecall, SelfTest, Situation

SITUATIONS: dict[Situation, str] = {
    "same gun": "copies of this recording's own shots, inside its volleys",
    "other gun": "single shots of another gun, inside its volleys",
    "alone": "single shots away from all volleys",
}
NOT_MODELLED = (
    "These figures hold for sounds like those planted, which passed neither the recorder's gain control nor its codec; "
    "shots unlike them may be found more or less often. "
    "A level is that of the first 3 ms, in the best of three bands."
)


_AUDIBLE_DB = 6.0  # by which a shot must stand out to count as audible (see core/audibility.py)

LEVEL_COLUMNS = ("level over\nwhat was there", "copies,\nin volleys", "other gun,\nin volleys", "alone", "listed\nhere")


def finding(test: SelfTest) -> str:
    """The one figure that matters most, or why there is none."""
    if test.obstacle is not None:
        return f"Not possible: {test.obstacle}."
    for situation, words in SITUATIONS.items():
        planted, found = _total(_of(test, situation))
        if planted:
            return f"Of {planted:,} {words}, that stand out by 6 dB or more, {found / planted:.0%} were found again."
    return "No shot could be planted so that it stands out by 6 dB or more."


def level_rows(test: SelfTest) -> tuple[tuple[str, ...], ...]:
    """One row per bin of level under `LEVEL_COLUMNS`: how many were found of how many, and the bounds of the share."""
    bins = {(row.from_db is not None, row.from_db or 0.0): level_words(row) for row in test.recall}
    rows = []
    for key, words in sorted(bins.items()):
        here = [row for row in test.recall if (row.from_db is not None, row.from_db or 0.0) == key]
        shares = {row.situation: _found(row) for row in here if row.planted}
        listed = sum(row.listed for row in here)
        rows.append((words, *(shares.get(each, "") for each in SITUATIONS), str(listed) if listed else ""))
    return tuple(rows)


def sentences(test: SelfTest) -> tuple[str, ...]:
    """What was planted, what was found by level, what was listed besides, what is told apart."""
    if test.obstacle is not None:
        return ()
    return (
        *(_in_all(situation, _of(test, situation)) for situation in SITUATIONS if _of(test, situation)),
        *_about_gaps(test),
        *_about_echoes(test.echo_mistakes),
        _about_quiet(test),
        _about_sounds(test),
        NOT_MODELLED,
    )


def level_words(row: LevelRecall) -> str:
    """A bin of levels: "below 0 dB", "12-18 dB", "30 dB and more"."""
    if row.from_db is None:
        return f"below {row.to_db:g} dB"
    return f"{row.from_db:g} dB and more" if row.to_db is None else f"{row.from_db:g}-{row.to_db:g} dB"


def _of(test: SelfTest, situation: Situation) -> list[LevelRecall]:
    return [row for row in test.recall if row.situation == situation and row.planted]


def _total(rows: Sequence[LevelRecall]) -> tuple[int, int]:
    """How many were planted, and found, of those that stand out enough to be heard."""
    audible = [row for row in rows if row.from_db is not None and row.from_db >= _AUDIBLE_DB]
    return sum(row.planted for row in audible), sum(row.found for row in audible)


def _found(row: LevelRecall) -> str:
    return f"{row.found} of {row.planted} ({row.low:.0%}-{row.high:.0%})"


def _in_all(situation: Situation, rows: Sequence[LevelRecall]) -> str:
    planted, found = _total(rows)
    words = SITUATIONS[situation]
    return (
        f"{words[:1].upper()}{words[1:]}: {found} of {planted} that stand out as much were found, {_half_from(rows)}."
    )


def _half_from(rows: Sequence[LevelRecall]) -> str:
    """From which level on half are found or more, in its bin and in all above."""
    enough = [row.found * 2 >= row.planted for row in rows]
    if not enough[-1]:
        return "less than half at every level"
    first = next(number for number in range(len(rows)) if all(enough[number:]))
    from_db = rows[first].from_db
    return "half or more at every level" if first == 0 or from_db is None else f"half or more from {from_db:g} dB on"


def _about_gaps(test: SelfTest) -> Iterator[str]:
    if not test.gaps:
        return
    half_s, most_s, last = test.half_apart_s, test.most_apart_s, test.gaps[-1]
    so_far = f"({_share(last)} at {_ms(last.gap_s)}, the longest tested)"
    if half_s is None:
        yield f"At no gap that was tested are half of the pairs told apart {so_far}."
    else:
        most = f"at no gap {so_far}" if most_s is None else f"from {_ms(most_s)} on"
        yield f"Two shots are told apart in half of the pairs from {_ms(half_s)} on, in nine of ten {most}."


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:g} ms"


def _share(row: GapShare) -> str:
    return f"{row.apart} of {row.pairs}"


def _about_echoes(mistakes: Sequence[EchoMistakes]) -> Iterator[str]:
    planted, listed = sum(row.planted for row in mistakes), sum(row.listed for row in mistakes)
    if planted and not listed:
        yield f"In the second after the {planted:,} that were found, nothing else was listed for them."
    elif planted:
        yield (
            f"In the second after the {planted:,} that were found, {listed} more sounds were listed that were not "
            f"listed without them: {listed / planted:.2f} a shot, echoes taken for shots or shots brought to light."
        )


def _about_quiet(test: SelfTest) -> str:
    if not _of(test, "alone"):
        return "Away from volleys there is no room to plant anything, nor to say how often something else is listed."
    heard = f"{test.quiet_s:,.0f} s"
    if test.most_alarms_per_hour is None:
        return f"Only {heard} were heard away from volleys: too little to say how often something else is listed."
    what = (
        "no sound is listed"
        if test.alone == 0
        else "one single sound is listed"
        if test.alone == 1
        else f"{test.alone} single sounds are listed"
    )
    return (
        f"In {heard} away from volleys of several shots {what}: even if none of them is a shot, "
        f"fewer than {_rounded(test.most_alarms_per_hour)} false alarms an hour (95 %). "
        "Whether the volleys are gunfire, this test does not know."
    )


def _rounded(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def _about_sounds(test: SelfTest) -> str:
    lone = f"{test.echoes_of} of this recording's shots that stand alone"
    place = f"the echoes of {lone}" if test.echoes_of else "made-up echoes"
    copies = f"copies of {test.copied} of its shots" if test.copied else "no copies, since no shot is clear enough"
    return f"Planted were computed blasts with {place}, and {copies}."
