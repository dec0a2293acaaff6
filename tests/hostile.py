"""Results as a stranger might have edited them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def put(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    """What sets one value, deep in plain data."""

    def change(data: dict[str, Any]) -> None:
        part: Any = data
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = value

    return change
