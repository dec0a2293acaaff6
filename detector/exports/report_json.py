"""report.json (schema `gunshot-report/1`): a Report as plain data and back, without loss.

The names are those of the records. What is read may come from strangers, so every value is held
against the type that its record declares.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import math
import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from detector.errors import DetectorError
from detector.exports.jsontext import dumps, loads, plain
from detector.records import Comparison, Overview, Rejected, Report, Shot

SCHEMA = "gunshot-report/1"

_ORDER = (
    *("recording", "software", "settings", "basis", "count", "span", "heard_s", "shots", "rejected", "volleys"),
    *("rejected_counts", "overview", "coverage", "repeats", "device_tones", "moments", "self_test", "warnings"),
    "result_sha256",
)
_ARRAYS = {"minimum": "<f4", "maximum": "<f4", "rms": "<f4", "bands_db": "|i1", "edges_hz": "<f4"}
_BANDS = 64
_MOST_COLUMNS = 4000
_UNMEASURED = "level_db"  # the one number that may be null where it is required: nothing is decided by it
_LARGEST_TEXT = 64_000_000  # characters; an hour gives under 1.5 million


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """The file report.json; comparisons stand in a file of their own."""
    return to_json(report).encode("ascii")


def to_json(report: Report) -> str:
    """`to_dict` as text: the same report gives the same characters."""
    return dumps(to_dict(report))


def to_dict(report: Report) -> dict[str, Any]:
    """A report as dicts, lists, text and numbers, every key present, `None` where nothing is known.

    Arrays of the overview are base64 of little-endian values, with their dtype and shape beside.
    """
    return {"schema": SCHEMA} | {name: _written(_fields(Report)[name], getattr(report, name)) for name in _ORDER}


def from_json(text: str) -> Report:
    """The report that `to_json` wrote; keys that this version does not know are passed over.

    Raises
    ------
    DetectorError
        When the text is no JSON, not of this schema, or holds a value that no report can hold.
    """
    report: Report = strictly(text, SCHEMA, "a report", lambda data: record_of(Report, data, "report"))
    return report


def strictly(text: str, schema: str, what: str, read: Callable[[Any], Any]) -> Any:
    """What `read` makes of the plain data of a JSON text of a schema; `what` it should be: "a report" is a report.json.

    Raises
    ------
    DetectorError
        When the text is no JSON, not of this schema, or `read` finds a value wrong (a ValueError).
    """
    noun = what.split()[-1]
    if len(text) > _LARGEST_TEXT:
        raise DetectorError(f"not {what}: the text is far too long; give the {noun}.json of one result")
    try:
        data = loads(text)
    except ValueError as error:
        raise DetectorError(f"not {what}: no JSON text ({error}); give the contents of {what}.json") from error
    found = data.get("schema") if isinstance(data, dict) else None
    if found != schema:
        raise DetectorError(
            f"not {what} of schema {schema!r} but {str(found)[:40]!r}; give {what}.json, "
            "or read it with the version of gunshot-tally that wrote it"
        )
    try:
        return read(data)
    except ValueError as error:
        raise DetectorError(f"broken {noun}: {error}; write it again with count-shots") from error


def written(kind: Any, value: Any) -> Any:
    """A record, or another value of the declared type `kind`, as plain data."""
    return _written(kind, value)


def record_of(kind: Any, data: Any, where: str) -> Any:
    """The record of type `kind` that plain data from a stranger describe, every value held against its declared type.

    Raises
    ------
    ValueError
        When they describe none; the text begins with where in the data, below `where`.
    """
    return _record(kind, data, where)


def _written(kind: Any, value: Any) -> Any:
    """`value` of the declared type `kind` as plain data: 1 in a field of floats is written as 1.0."""
    kind = _present(kind)
    if value is None:
        return None
    if kind is Overview:
        return overview_written(value)
    if _is_record(kind):
        return {name: _written(declared, getattr(value, name)) for name, declared in _fields(kind).items()}
    if get_origin(kind) is tuple:
        return [_written(each, item) for each, item in zip(_item_kinds(kind, len(value)), value, strict=True)]
    return plain(float(value) if kind is float else value)


@cache
def _fields(kind: Any) -> dict[str, Any]:
    """Names and declared types of a record's fields, in order."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _is_record(kind: Any) -> bool:
    return dataclasses.is_dataclass(kind)


def _present(kind: Any) -> Any:
    """X of `X | None`, and any other type as it is."""
    if get_origin(kind) in (Union, types.UnionType):
        return next(each for each in get_args(kind) if each is not types.NoneType)
    return kind


def _item_kinds(kind: Any, length: int) -> tuple[Any, ...]:
    """Types of the items of a tuple type, `tuple[X, ...]` repeated to `length`."""
    kinds = get_args(kind)
    return kinds[:1] * length if kinds[-1] is Ellipsis else kinds


def _record(kind: Any, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{where} is {_shown(data)}, not an object")
    values = {}
    for field in dataclasses.fields(kind):
        name = f"{where}.{field.name}"
        if field.name in data:
            values[field.name] = _value(_fields(kind)[field.name], data[field.name], name)
        elif field.default is dataclasses.MISSING:
            raise ValueError(f"{name} is missing")
    try:
        record = kind(**values)
        if kind is Report:
            _check(record)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    return record


def _value(kind: Any, value: Any, where: str) -> Any:
    """`value` as the declared type `kind`, or a ValueError that says where it is not."""
    if value is None and _present(kind) is not kind:
        return None
    kind = _present(kind)
    if kind is Overview:
        return _overview_read(value, where)
    if _is_record(kind):
        return _record(kind, value, where)
    if get_origin(kind) is tuple:
        return _items(kind, value, where)
    return _scalar(kind, value, where)


def _items(kind: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where} is {_shown(value)}, not a list")
    kinds = _item_kinds(kind, len(value))
    if len(kinds) != len(value):
        raise ValueError(f"{where} has {len(value)} items, not {len(kinds)}")
    return tuple(
        _value(each, item, f"{where}[{row}]") for row, (each, item) in enumerate(zip(kinds, value, strict=True))
    )


def _scalar(kind: Any, value: Any, where: str) -> Any:
    if kind is float:
        return _number(value, where)
    if get_origin(kind) is Literal:
        fits = isinstance(value, str) and value in get_args(kind)
    elif kind is int:
        fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    else:
        fits = isinstance(value, dict if get_origin(kind) is Mapping else kind)
    if not fits:
        raise ValueError(f"{where} is {_shown(value)}")
    return value


def _number(value: Any, where: str) -> float:
    if value is None and where.endswith(f".{_UNMEASURED}"):
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e300:
        raise ValueError(f"{where} is {_shown(value)}, not a finite number")
    return float(value)


def overview_written(overview: Overview) -> dict[str, Any]:
    """An overview as in a report.json: its arrays as base64."""
    arrays = {name: _array_written(getattr(overview, name), dtype) for name, dtype in _ARRAYS.items()}
    return {"start_s": float(overview.start_s), "column_s": float(overview.column_s)} | arrays


def _array_written(array: NDArray[Any], dtype: str) -> dict[str, Any]:
    values = np.array(array, dtype)
    if values.dtype.kind == "f":
        values[np.isnan(values)] = np.nan  # one bit pattern for NaN: equal results, equal bytes
    return {"dtype": dtype, "shape": list(values.shape), "base64": base64.b64encode(values.tobytes()).decode("ascii")}


def _overview_read(data: Any, where: str) -> Overview:
    if not isinstance(data, dict):
        raise ValueError(f"{where} is {_shown(data)}, not an object")
    start_s = _number(data.get("start_s"), f"{where}.start_s")
    column_s = _number(data.get("column_s"), f"{where}.column_s")
    arrays = {name: _array_read(data.get(name), dtype, f"{where}.{name}") for name, dtype in _ARRAYS.items()}
    columns = arrays["minimum"].size
    shapes = {"bands_db": (_BANDS, columns), "edges_hz": (_BANDS + 1,)}
    if columns > _MOST_COLUMNS or column_s <= 0:
        raise ValueError(f"{where} has {columns} columns of {column_s} s")
    for name, array in arrays.items():
        if array.shape != shapes.get(name, (columns,)):
            raise ValueError(f"{where}.{name} has the shape {array.shape}")
    return Overview(start_s=start_s, column_s=column_s, **arrays)


def _array_read(data: Any, dtype: str, where: str) -> NDArray[Any]:
    if not isinstance(data, dict) or data.get("dtype") != dtype or not isinstance(data.get("base64"), str):
        raise ValueError(f"{where} is not base64 of {dtype!r}")
    try:
        values = np.frombuffer(base64.b64decode(data["base64"], validate=True), dtype)
        shaped = values.reshape(_value(tuple[int, ...], data.get("shape"), f"{where}.shape"))
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"{where} cannot be decoded ({error})") from error
    return shaped.astype(np.dtype(dtype).newbyteorder("="))


def _check(report: Report) -> None:
    """Hold together what types cannot: chances, order, ids."""
    onsets: tuple[Shot | Rejected, ...] = (*report.shots, *report.rejected)
    if not all(0 <= onset.probability <= 1 for onset in onsets):
        raise ValueError("a probability lies outside 0 to 1")
    if not all(min(shot.extra) >= 0 and sum(shot.extra) <= 1 for shot in report.shots):
        raise ValueError("chances of hidden shots lie outside 0 to 1")
    if any(shot.status == "rejected" for shot in report.shots):
        raise ValueError("a rejected onset stands among the shots")
    if len({onset.id for onset in onsets}) < len(onsets):
        raise ValueError("two onsets have one id")
    times_s = [shot.time_s for shot in report.shots]
    if times_s != sorted(times_s):
        raise ValueError("the shots are not in time order")
    if not {each for volley in report.volleys for each in volley.shots} <= {shot.id for shot in report.shots}:
        raise ValueError("a volley names a shot that is not listed")
    if any(stretch.stop_s < stretch.start_s for stretch in report.coverage):
        raise ValueError("a stretch of coverage ends before it starts")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
