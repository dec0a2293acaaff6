"""Plain data <-> JSON text: the same data give the same bytes, one listed record per line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np


def plain(value: Any) -> Any:
    """`value` as dicts, lists, str, int, float, bool and None; numbers that are not finite become None.

    Raises
    ------
    TypeError
        On an object that has no plain form.
    """
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no plain form")


def dumps(data: Mapping[str, Any]) -> str:
    """JSON text of plain data: a key per line, and a line for each record of a list of records.

    Keys keep their order and floats their shortest exact form, so that equal data give equal
    bytes; only ASCII is used, so that no reader can take the text for another encoding.
    """
    return "{\n" + ",\n".join(f"  {_compact(key)}: {_value(each)}" for key, each in data.items()) + "\n}\n"


def loads(text: str) -> Any:
    """Plain data of a JSON text.

    Raises
    ------
    ValueError
        When the text is no JSON, nests too deeply, or holds NaN, infinities or numbers that are as good as infinite.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("it nests too deeply") from error


def _value(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"    {_compact(each)}" for each in value) + "\n  ]"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
