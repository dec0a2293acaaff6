"""Every number one may turn: one frozen dataclass per stage, derived into flags and TOML keys.

Each field's comment gives unit, effect and where the value comes from.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detector.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class MediaSettings:
    """Which sound is read, and how time stamps are trusted."""

    track: int = 1  # which audio track, counted from 1
    seam_ms: float = 2.0  # stamps within this of the last sample's end are contiguous (measured on muxers)


@dataclass(frozen=True, kw_only=True)
class StretchSettings:
    """How the sound is cut for analysis; the answer does not depend on it."""

    length_s: float = 120.0  # seconds analysed at a time: memory against overhead
    margin_s: float = 5.0  # seconds seen on either side, as long as the longest neighbourhood


@dataclass(frozen=True, kw_only=True)
class VolleySettings:
    """How shots are grouped."""

    gap_s: float = 3.0  # seconds without a shot that end a volley; reloads take 2-4 s


@dataclass(frozen=True, kw_only=True)
class CountSettings:
    """How probabilities become a count and an interval."""

    confidence: float = 0.9  # chance that low..high holds the count
    certain: float = 0.95  # probability from which an onset counts towards `at_least`
    listed: float = 0.02  # probability from which an onset is listed, and counted with that chance
    spread: float = 0.5  # sd of the log-odds shift shared by a recording; calibrated on left-out scenes


@dataclass(frozen=True, kw_only=True)
class CoverageSettings:
    """What counts as unheard or overloaded."""


@dataclass(frozen=True, kw_only=True)
class RepeatSettings:
    """When a stretch is a second showing of another."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All stages together; `Settings()` is the published detector."""

    media: MediaSettings = field(default_factory=MediaSettings)
    stretches: StretchSettings = field(default_factory=StretchSettings)
    volleys: VolleySettings = field(default_factory=VolleySettings)
    count: CountSettings = field(default_factory=CountSettings)
    coverage: CoverageSettings = field(default_factory=CoverageSettings)
    repeats: RepeatSettings = field(default_factory=RepeatSettings)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Stage -> field -> value, as in report.json and in a settings file."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], source: str = "settings") -> Settings:
        """Defaults with the given stages and fields replaced.

        Raises
        ------
        SettingsError
            On an unknown stage or field ("did you mean"), or a value of the wrong type.
        """
        stages: dict[str, Any] = {}
        for stage, fields in values.items():
            default = getattr(_DEFAULTS, _known(stage, _names(cls), f"{source}: unknown stage"))
            if not isinstance(fields, Mapping):
                raise SettingsError(f"{source}: [{stage}] must be a table of fields, not {fields!r}")
            replaced = {
                _known(name, _names(type(default)), f"{source}: unknown setting in [{stage}]"): _typed(
                    f"{source}: {stage}.{name}", getattr(default, name, None), value
                )
                for name, value in fields.items()
            }
            stages[stage] = dataclasses.replace(default, **replaced)
        return cls(**stages)

    @classmethod
    def read(cls, path: str | Path | None = None, overrides: Iterable[str] = ()) -> Settings:
        """Settings from a TOML file, then `stage.field=value` overrides in order.

        Raises
        ------
        SettingsError
            On an unreadable file, broken TOML, or anything `from_dict` refuses.
        """
        values: dict[str, Any] = {}
        if path is not None:
            try:
                values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
            except OSError as error:
                raise SettingsError(f"{path}: cannot read the settings file ({error.strerror}); check the path") from error
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise SettingsError(f"{path}: not a TOML settings file ({error}); see docs/SETTINGS.md") from error
        for text in overrides:
            name, equals, value = text.partition("=")
            stage, dot, setting = name.strip().partition(".")
            if not (equals and dot and setting):
                raise SettingsError(f"--set {text!r}: write stage.field=value, for example volleys.gap_s=2.5")
            table = values.setdefault(stage, {})
            if not isinstance(table, dict):
                raise SettingsError(f"{path}: [{stage}] must be a table of fields")
            table[setting] = _parsed(value.strip())
        return cls.from_dict(values, source=str(path) if path is not None else "settings")


_DEFAULTS = Settings()


def _names(cls: type) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(cls))


def _known(name: str, known: tuple[str, ...], complaint: str) -> str:
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
    raise SettingsError(f"{complaint} {name!r}: {hint}")


def _parsed(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _typed(where: str, default: Any, value: Any) -> Any:
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not type(default):
        raise SettingsError(f"{where} takes a {type(default).__name__}, not {value!r}")
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise SettingsError(f"{where} must be a finite number, not {value!r}")
    return value
