"""Tally files: what is read, and what is refused with which words."""

from __future__ import annotations

import hashlib
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.errors import TallyError
from detector.tallies import read

OFFICERS = """
[[tally]]
label = "officers, preliminary"
count = 96
tolerance = 5
span_s = 41.0
includes = "four officers"
everyone = false
method = "casings"
citation = "a statement, 9 April 2024"
window = ["0:41", 85.5]
"""
DRIVER = """
[[tally]]
label = "driver"
low = 10
high = 12
includes = "the driver"
everyone = false
"""
TOTAL = """
[[total]]
label = "everyone"
of = ["officers, preliminary", "driver"]
everyone = true
span_s = 41
"""
SHORT = '[[tally]]\nlabel = "a"\ncount = 3\nincludes = "b"\neveryone = true\n'


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "tally.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_reads_every_field(tmp_path: Path) -> None:
    (tally,) = read(written(tmp_path, OFFICERS))
    assert (tally.label, tally.low, tally.high, tally.tolerance) == ("officers, preliminary", 96, 96, 5)
    assert (tally.includes, tally.everyone, tally.method) == ("four officers", False, "casings")
    assert (tally.span_s, tally.window, tally.of) == (41.0, (41.0, 85.5), ())
    assert tally.citation == "a statement, 9 April 2024"
    assert tally.verbatim["window"] == ["0:41", 85.5]
    assert tally.file_sha256 == hashlib.sha256(OFFICERS.encode()).hexdigest()


def test_what_is_optional_has_a_default(tmp_path: Path) -> None:
    (tally,) = read(str(written(tmp_path, SHORT)))
    assert (tally.tolerance, tally.span_s, tally.method, tally.citation, tally.window) == (0, None, "unknown", "", None)


def test_a_total_adds_its_parts_up_and_comes_last(tmp_path: Path) -> None:
    officers, driver, total = read(written(tmp_path, TOTAL + OFFICERS + DRIVER))
    assert [officers.label, driver.label] == ["officers, preliminary", "driver"]
    assert (total.low, total.high, total.tolerance, total.span_s) == (106, 108, 5, 41.0)
    assert (total.includes, total.method) == ("four officers and the driver", "casings and unknown")
    assert (total.everyone, total.of) == (True, ("officers, preliminary", "driver"))
    assert total.citation == "a statement, 9 April 2024"
    assert total.window is None, "one part speaks of the whole recording"


def test_a_total_reaches_over_the_windows_of_its_parts(tmp_path: Path) -> None:
    text = OFFICERS + DRIVER + 'window = ["0:39", "0:42"]\n' + TOTAL
    assert read(written(tmp_path, text))[-1].window == (39.0, 85.5)
    assert read(written(tmp_path, text + 'window = ["0:10", "0:20"]\n'))[-1].window == (10.0, 20.0)


def test_totals_may_be_made_of_totals_in_any_order(tmp_path: Path) -> None:
    outer = '[[total]]\nlabel = "outer"\nof = ["everyone", "a"]\neveryone = true\n'
    tallies = read(written(tmp_path, outer + TOTAL + OFFICERS + DRIVER + SHORT))
    assert [t.label for t in tallies[-2:]] == ["outer", "everyone"]
    assert tallies[-2].low == 109


def test_a_byte_order_mark_and_line_breaks_in_texts_do_no_harm(tmp_path: Path) -> None:
    text = SHORT.replace('"b"', '"""four\n officers"""')
    (tally,) = read(written(tmp_path, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()))
    assert tally.includes == "four officers"


def without(key: str, text: str = OFFICERS) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith(key))


def changed(key: str, value: str, text: str = OFFICERS) -> str:
    return without(key, text) + f"\n{key} = {value}\n"


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "no tallies in it; add a"),
    "no TOML": ("96 shots", "not a TOML file"),
    "deep": ("a = " + "[" * 5000, "not a TOML file"),
    "digits": ("a = " + "9" * 5000, "not a TOML file"),
    "bytes": (b"\xff\xfe\x00", "save the tally file as UTF-8"),
    "huge": (b"#" * 1_000_001, "too large for a tally file"),
    "single brackets": (OFFICERS.replace("[[tally]]", "[tally]"), r"double brackets: \[\[tally\]\]"),
    "list of numbers": ("tally = [1]", "double brackets"),
    "unknown entry": (OFFICERS + "[[totals]]\n", "unknown entry 'totals': did you mean 'total'"),
    "unknown key": (OFFICERS + "includs = 'x'\n", r"tally 1 .'officers.*'includs': did you mean 'includes'"),
    "far-off key": (OFFICERS + "zzzz = 1\n", "unknown key 'zzzz': known are label"),
    "no label": (without("label"), "tally 1: label is missing: give"),
    "empty label": (changed("label", "'  '"), "label = .*write a name in quotes"),
    "label of the wrong type": (changed("label", "5"), "label = 5: write a name"),
    "control characters": (changed("label", r'"a\u001b[31m"'), "control characters"),
    "no includes": (without("includes"), "includes is missing: say in words who"),
    "empty includes": (changed("includes", "''"), "say in words who"),
    "no everyone": (without("everyone"), "everyone is missing: write everyone = true if"),
    "everyone in quotes": (changed("everyone", "'false'"), "write true or false, without quotes"),
    "everyone as a number": (changed("everyone", "1"), "write true or false"),
    "no count": (without("count"), "no number of shots: write either count, or low and high"),
    "count and low": (OFFICERS + "low = 90\n", "count and low given: write either"),
    "low alone": (without("high", DRIVER), "low given: write either"),
    "crossed": (changed("low", "13", DRIVER), "low = 13 is above high = 12"),
    "negative": (changed("count", "-1"), "from 0 to"),
    "too many": (changed("count", "1000001"), "from 0 to 1,000,000"),
    "fraction": (changed("count", "96.0"), "whole number of shots"),
    "count in quotes": (changed("count", "'96'"), "without quotes"),
    "count as truth": (changed("count", "true"), "whole number of shots"),
    "negative tolerance": (changed("tolerance", "-1"), "tolerance = -1"),
    "span in words": (changed("span_s", "'41 s'"), "write seconds as a number"),
    "negative span": (changed("span_s", "-1"), "0 or more"),
    "endless span": (changed("span_s", "inf"), "0 or more"),
    "span no number": (changed("span_s", "nan"), "0 or more"),
    "method": (changed("method", "'casing'"), "unknown method 'casing': did you mean 'casings'"),
    "method of the wrong type": (changed("method", "1"), "write one of casings"),
    "citation": (changed("citation", "2024-04-09"), "in quotes where it was published"),
    "window of one": (changed("window", "['0:41']"), "write start and stop"),
    "window in words": (changed("window", "'0:41'"), "write start and stop"),
    "window backwards": (changed("window", "['1:25', '0:41']"), "start must lie before"),
    "window empty": (changed("window", "[5, 5.0]"), "start must lie before"),
    "window no time": (changed("window", "['0:41', '1:85']"), "'1:85' is not a time"),
    "window negative": (changed("window", "[-1, 5]"), "window holds -1"),
    "window truth": (changed("window", "[true, 5]"), "window holds True"),
    "label twice": (SHORT + SHORT, "'a' is used twice"),
    "label of a total twice": (OFFICERS + DRIVER + changed("label", "'driver'", TOTAL), "'driver' is used twice"),
    "total without of": (OFFICERS + DRIVER + without("of", TOTAL), r"total 1 \('everyone'\): of is missing: name"),
    "total of nothing": (OFFICERS + DRIVER + changed("of", "[]", TOTAL), "write a list of labels"),
    "total of a text": (OFFICERS + DRIVER + changed("of", "'driver'", TOTAL), "write a list of labels"),
    "total of the unknown": (OFFICERS + DRIVER + changed("of", "['drivers']", TOTAL), "did you mean 'driver'"),
    "total of itself": (OFFICERS + DRIVER + changed("of", "['everyone']", TOTAL), "cannot be part of itself"),
    "total of one twice": (OFFICERS + DRIVER + changed("of", "['driver', 'driver']", TOTAL), "counts 'driver' twice"),
    "total without everyone": (OFFICERS + DRIVER + without("everyone", TOTAL), "everyone is missing.*in the sum"),
    "total with count": (OFFICERS + DRIVER + TOTAL + "count = 107\n", "count does not go into a total"),
    "total with tolerance": (OFFICERS + DRIVER + TOTAL + "tolerance = 1\n", "tolerance does not go into a total"),
    "total with method": (OFFICERS + DRIVER + TOTAL + "method = 'video'\n", "unknown key 'method'"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_with_the_file_and_the_fix(name: str, tmp_path: Path) -> None:
    text, match = REFUSED[name]
    with pytest.raises(TallyError, match=match) as caught:
        read(written(tmp_path, text))
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "tally.toml"))
    assert len(message.splitlines()) == 1


def test_totals_in_a_circle_are_refused(tmp_path: Path) -> None:
    circle = (
        '[[total]]\nlabel = "x"\nof = ["y"]\neveryone = true\n[[total]]\nlabel = "y"\nof = ["x"]\neveryone = true\n'
    )
    with pytest.raises(TallyError, match="'x' and 'y' go round in a circle"):
        read(written(tmp_path, SHORT + circle))


def test_one_part_through_two_totals_is_counted_twice_and_refused(tmp_path: Path) -> None:
    outer = '[[total]]\nlabel = "outer"\nof = ["everyone", "driver"]\neveryone = true\n'
    with pytest.raises(TallyError, match=r"total 2 \('outer'\): `of` counts 'driver' twice"):
        read(written(tmp_path, OFFICERS + DRIVER + TOTAL + outer))


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(TallyError, match=r"cannot read the tally file .No such file.*check the path"):
        read(tmp_path / "none.toml")
    with pytest.raises(TallyError, match=r"cannot read the tally file \(it is a folder\); check the path"):
        read(tmp_path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(alphabet=string.printable, max_size=60),
    st.sampled_from(["count", "window", "of", "label", "x", "includes"]),
)
def test_whatever_stands_in_the_file_only_a_tally_error_comes_out(tmp_path: Path, value: str, key: str) -> None:
    try:
        read(written(tmp_path, f"{changed(key, value, SHORT)}\n"))
    except TallyError as error:
        assert "tally.toml" in str(error)  # noqa: PT017 - either outcome is right, only its type matters
