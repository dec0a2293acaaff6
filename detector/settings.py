"""Every number one may turn: one frozen dataclass per stage, derived into flags and TOML keys.

Each field's comment gives unit, effect and where the value comes from.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detector import small_files
from detector.errors import SettingsError

_LARGEST_BYTES = 1_000_000
_TOO_LARGE = "too large for a settings file (over 1 MB); is it the video? Name a TOML text file"


@dataclass(frozen=True, kw_only=True)
class MediaSettings:
    """Which sound is read, and how time stamps are trusted."""

    track: int = 1  # which audio track, counted from 1
    seam_ms: float = 2.0  # stamps within this of the last sample's end are contiguous (measured on muxers)
    overlap_s: float = 1.0  # stamps this far back cut the sound heard twice; further back they are not believed
    longest_gap_s: float = 3600.0  # stamps this far ahead leave a gap; further ahead they are not believed
    longest_s: float = 360_000.0  # presentation time, 100 hours, behind which no more is read
    most_rate_hz: int = 768_000  # a file that claims more samples a second is refused: no recorder makes them
    most_channels: int = 64  # a file that claims more is refused
    most_together_hz: int = 3_072_000  # the same for the samples a second of all channels, which fill the memory


@dataclass(frozen=True, kw_only=True)
class StretchSettings:
    """How the sound is cut for analysis; the answer does not depend on it."""

    length_s: float = 60.0  # seconds analysed at a time: memory against overhead
    margin_s: float = 4.0  # seconds seen on either side: the longest neighbourhood and a tone that reaches into it


@dataclass(frozen=True, kw_only=True)
class OnsetSettings:
    """Which rises of the sound become candidates. Hops are about 1 ms."""

    after_hops: int = 3  # hops of the attack: a blast's positive phase and its first cycle
    before_hops: int = 6  # hops of the background: short, so that tails do not hide later shots
    apart_hops: int = 4  # hops between candidates: closer ones are one onset (see overlaps)
    gate_db: float = 3.5  # dB of mean rise; 98 % of audible composed shots pass, 10-20 a second in a volley
    seam_hops: int = 50  # hops around missing samples without candidates: a cut is a rise
    steep_db: float = 8.0  # dB of mean rise behind which a second look is taken, for shots that follow at once
    again_hops: int = 60  # hops behind it that are looked at again
    again_after_hops: int = 2  # hops of the attack, in the second look
    again_before_hops: int = 3  # hops of the background, in the second look
    again_apart_hops: int = 3  # hops between candidates, in the second look
    again_gate_db: float = 3.0  # dB of mean rise that make a candidate, in the second look
    floor_depth_db: float = 60.0  # dB below the loudest nearby where differences mean nothing
    floor_reach_s: float = 2.0  # seconds either side that count as nearby


@dataclass(frozen=True, kw_only=True)
class ArrivalSettings:
    """How first arrivals are timed. Hops are about 1 ms."""

    before_hops: int = 10  # hops before the candidate that give the background
    after_hops: int = 8  # hops after it in which the attack peaks
    smooth_ms: float = 0.15  # length of the running energy
    share: float = 0.7  # of the way up, in dB, where the onset is set: above the smear of codecs
    foot_share: float = 0.3  # of the way up where the climb is seen to begin
    least_error_s: float = 0.0008  # 90 % error of a sharp onset against another
    error_per_rise: float = 0.5  # error per second of climb
    most_error_s: float = 0.012  # the width that was searched


@dataclass(frozen=True, kw_only=True)
class EchoSettings:
    """What earlier shots explain."""

    anchor_chance: float = 0.3  # local probability from which a candidate is taken as a shot with a tail
    reach_s: float = 8.0  # seconds either side from which the place is learned: a walking wearer changes it
    tail_s: float = 1.0  # seconds after a shot in which its tail is looked at
    nearest_s: float = 0.002  # seconds after a shot before which its own blast, not its tail, is heard
    late_fall_db_s: float = 30.0  # dB a second of decay behind the last measured window (T60 of 2 s)
    match_s: float = 0.0015  # seconds by which a repeated delay may differ
    match_db: float = 5.0  # dB by which a repeated reflection may differ
    sources: int = 6  # latest shots whose reflections are looked for
    echo_excess_db: float = 3.0  # attack above the tail below which a refused onset is called an echo


@dataclass(frozen=True, kw_only=True)
class CrackSettings:
    """When a crack and the blast behind it are taken for one shot."""

    nearest_s: float = 0.003  # seconds between the two at least
    furthest_s: float = 0.045  # and at most: rifle fire from 40 m, the camera near the line of fire
    below_db: float = 16.0  # by which a crack may be weaker; codecs smear fainter things before a blast
    fall_db: float = 12.0  # by which it dies before 12 ms, in the low band
    reach_s: float = 8.0  # seconds from a certain crack in which others of about its delay are believed
    alike_s: float = 0.01  # by which their delay may differ: people move
    below_again_db: float = 24.0  # by which those may be weaker


@dataclass(frozen=True, kw_only=True)
class ProbabilitySettings:
    """From which chance an onset is kept, listed and called a shot."""

    kept: float = 0.02  # local probability below which a candidate is only counted
    asked: float = 0.15  # probability, by gate and network, from which YAMNet is asked for its opinion
    possible: float = 0.3  # probability from which an onset is listed as possible
    shot: float = 0.5  # probability from which it is listed as a shot
    rejected_near_s: float = 2.0  # seconds around a volley in which refused onsets are listed one by one


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
    overlap: float = 0.1  # chance of hidden shots from which an onset is marked as an overlap
    # How the log-odds of one recording move together; the four chosen on left-out scenes.
    spread: float = 1.0  # sd of the shift that all share
    slope: float = 2.0  # by which their distances from the pivot grow, on the median
    slope_spread: float = 0.5  # sd of its natural logarithm
    pivot: float = -0.35  # log-odds that the slope leaves
    nothing: float = -0.25  # log-odds that a volley holds no shot whose likeliest is one by an even chance
    nothing_slope: float = 0.86  # by which they fall with those of the likeliest; both fitted to left-out volleys


@dataclass(frozen=True, kw_only=True)
class CoverageSettings:
    """What counts as unheard or overloaded."""

    silence_db: float = (
        -96.0
    )  # dB re full scale: quieter milliseconds are digital silence (coded silence: -100 and less)
    mute_s: float = 0.1  # seconds of silence that are a mute; shorter ones are dropouts or quantized quiet
    mute_long_s: float = 1.0  # seconds of silence that are a mute whatever lies beside them
    mute_beside_s: float = 0.5  # seconds on either side searched for the flicker of coarsely quantized quiet
    mute_flicker: float = 0.1  # share of them with short silences that makes a silence natural (8-bit sound)
    tone_share: float = 0.97  # share of the energy at one frequency that makes a redaction tone
    tone_rest_db: float = -35.0  # dB re the tone of what is left of the place below it; beeps of cameras leave more
    tone_db: float = -50.0  # dB re full scale: fainter tones are hum
    tone_s: float = 0.25  # seconds of tone; beeps of cameras and radios last 0.05-0.2 s
    tone_steady_db: float = 1.5  # dB by which the level of a tone may vary; struck metal dies away
    edge_s: float = 0.045  # seconds beside a mute or a redaction tone without onsets: a cut is a rise
    overload_join_s: float = 0.3  # seconds between flat tops that are one overload
    duck_before_s: float = 4.0  # seconds before an overload that tell the background
    duck_after_s: float = 3.0  # seconds after an overload in which the gain may be down; releases take 0.1-2 s
    duck_db: float = 6.0  # dB below the background that show that the gain is down
    duck_s: float = 0.06  # seconds below it that are needed to say so


@dataclass(frozen=True, kw_only=True)
class ToneSettings:
    """What is a steady tone, as cameras make themselves: never a shot, and listed when it is short."""

    lowest_hz: float = 700.0  # lowest tone; voices and engines have theirs below
    highest_hz: float = 5000.0  # highest tone; cameras beep at 1-4 kHz
    lead_db: float = 0.0  # dB by which a tone with its overtones stands over all else above 400 Hz
    rise_db: float = 10.0  # dB by which a tone that begins rises over what was at its pitch
    under_rise_db: float = 20.0  # dB by which one must that begins under a louder sound which goes on
    steady_db: float = 3.0  # dB by which its level may differ from one moment to the next; struck metal dies away
    other_share: float = 0.35  # of what a tone that begins brings, what may begin beside it: quantizing, not a shot
    listed_share: float = 0.5  # share of the energy from 400 Hz to `highest_hz` at the pitch of a tone that is listed
    clear_share: float = 0.7  # share that it has at least once
    shortest_s: float = 0.045  # seconds of the shortest tone that is listed
    longest_s: float = 1.05  # seconds of the longest (at most 1.2); longer ones are alarms, horns or redactions
    other_db: float = 2.0  # dB by which everything else may rise meanwhile, as it does by itself


@dataclass(frozen=True, kw_only=True)
class RepeatSettings:
    """When a stretch is a second showing of another."""

    shortest_s: float = 3.0  # seconds that must sound alike; tails of two shots of one gun do so for 2
    lead_s: float = 0.5  # seconds of them before something happens: two shots share their tails, not this
    event_db: float = 12.0  # dB of rise within 10 ms that is something happening; loops of mere background have 4-11
    apart_s: float = 1.0  # seconds between two showings at least; closer ones are echoes or a beat
    mismatch: float = 0.36  # share of rises that may differ; re-encoded sound has 0.05-0.3, other sound 0.5
    distinct: float = 0.12  # by which other lags must fit worse; tones and hum fit at many
    rhythm_onsets: int = 5  # onsets in the same rhythm that make another view or a slowed replay
    rhythm_ms: float = 4.0  # by which they may be off: errors of two onsets, a walking wearer, two clocks
    rhythm_s: float = 1.5  # seconds of rhythm; one shot with its echoes has a rhythm too, but a shorter one
    rhythm_share: float = 0.4  # share of the onsets that must be in rhythm; the other guns stand elsewhere
    rhythm_loose_ms: float = 30.0  # by which a gun elsewhere may be off: 10 m farther from one camera
    rhythm_loose_share: float = 0.7  # share of the onsets that must fit at least so


@dataclass(frozen=True, kw_only=True)
class CutSettings:
    """Where the picture is searched for hard cuts, and what is one. Only a warning depends on it, no shot.

    A *part* of a picture is one of 16 x 9; its brightness is taken in standard deviations of its picture.
    """

    early: float = 0.95  # share of the usual distance before which a key frame is looked at
    spike: float = 1.8  # how many times larger than its neighbours a picture is coded that is looked at
    spike_of_key: float = 0.4  # share of a key frame's size that it has at least
    places: int = 30  # places looked at, the likeliest ones first; 0 for none
    pictures: int = 3000  # pictures decoded for it, 2-6 ms each at 1280 x 720
    around_s: float = 0.5  # seconds of pictures compared on either side; shorter scenes are not told apart
    contrast: float = 0.5  # standard deviations by which a part has changed
    changed: float = 0.35  # share of parts changed between any two pictures from either side (cuts: 0.35-0.75)
    calmer: float = 0.2  # by which that exceeds the change between neighbours (pans and shakes: up to 0.13)
    plain_levels: float = 5.0  # of 255: standard deviation below which a picture shows nothing (black, covered lens)


@dataclass(frozen=True, kw_only=True)
class AlignmentSettings:
    """How several recordings of one incident are brought onto one clock, and when that is refused."""

    accident: float = 3e-7  # chance of so good a fit between unrelated recordings above which a pair is refused
    overlap_s: float = 2.0  # seconds heard by both below which nothing is compared
    around_s: float = 0.25  # seconds either side whose mean level is taken off: slower changes are gain and wind
    limit_db: float = 6.0  # dB to which changes of level are limited: one bang in each is no agreement
    blur_s: float = 0.02  # seconds by which lags are blurred in finding: sources lie in several directions
    stretch_s: float = 300.0  # seconds compared at a time: clocks 100 ppm apart drift by 30 ms in it
    stretches: int = 6  # stretches of a recording that are compared with the other, the busiest first
    windows: int = 120  # windows of sound whose delays are measured
    window_s: float = 0.5  # seconds of a window: longer than delays and reverberation of blasts
    lowest_hz: float = 300.0  # lowest frequency of a delay; wind and handling lie below
    highest_hz: float = 4000.0  # highest frequency of a delay; narrow-band codecs end there
    spread_s: float = 0.12  # delays searched either side of the lag: sources up to 40 m nearer to one camera
    clear: float = 7.0  # times its own background that a delay must stand out
    most_ppm: float = 100.0  # how far clocks of cameras may be apart (crystals: 20-50)
    moved_m: float = 0.3  # metres that a wearer may have moved between first and last sound: looks like drift
    sure_ppm: float = 10.0  # error of a drift above which it is not determined
    same: float = 0.6  # share of phases in common from which two files are one recording (copies: 0.7; cameras: 0.4)


@dataclass(frozen=True, kw_only=True)
class FusionSettings:
    """Which onsets of several cameras are one sound."""

    reach_s: float = 0.15  # seconds by which a sound may reach one camera before another, after alignment: 50 m
    memory_s: float = 2.0  # seconds for which the delays of a sound tell of those to come
    timing_s: float = 0.001  # standard error of an onset
    wander: float = 0.0025  # seconds a second by which delays change: people walk 0.9 m/s nearer or farther
    heard: float = 0.8  # chance that a camera has an onset of a shot that another heard
    unmatched: float = 0.4  # share of a camera's shots that are taken to be in no other's list
    new: float = 1.0  # weight of a place not heard before, in sounds of a known one
    rest: float = 0.12  # log-odds of a shot for each of those that further cameras give it
    agreement: float = 0.28  # for each further camera at all; these four are fitted by lab/fusion_fit.py
    silence: float = -3.91  # where all that should have heard it did not; in part for a part of them
    silence_slope: float = -0.77  # share of the likeliest camera's log-odds that goes with it
    hides_s: float = 0.1  # seconds around an onset in which a camera's silence says nothing
    hidden: float = 0.5  # share of the hidden shots of the best camera that all others hide as well
    place_s: float = 0.003  # seconds by which delays from one place may differ: a metre


@dataclass(frozen=True, kw_only=True)
class OrderSettings:
    """What is known of the guns when it is asked which of two sounds left first."""

    apart_m: float = 100.0  # metres between two guns of one incident at most, where the user names no distance
    arm_m: float = 0.7  # metres between a wearer's gun and camera


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All stages together; `Settings()` is the published detector."""

    media: MediaSettings = field(default_factory=MediaSettings)
    stretches: StretchSettings = field(default_factory=StretchSettings)
    onsets: OnsetSettings = field(default_factory=OnsetSettings)
    arrivals: ArrivalSettings = field(default_factory=ArrivalSettings)
    echoes: EchoSettings = field(default_factory=EchoSettings)
    cracks: CrackSettings = field(default_factory=CrackSettings)
    probability: ProbabilitySettings = field(default_factory=ProbabilitySettings)
    volleys: VolleySettings = field(default_factory=VolleySettings)
    count: CountSettings = field(default_factory=CountSettings)
    coverage: CoverageSettings = field(default_factory=CoverageSettings)
    tones: ToneSettings = field(default_factory=ToneSettings)
    repeats: RepeatSettings = field(default_factory=RepeatSettings)
    cuts: CutSettings = field(default_factory=CutSettings)
    alignment: AlignmentSettings = field(default_factory=AlignmentSettings)
    fusion: FusionSettings = field(default_factory=FusionSettings)
    order: OrderSettings = field(default_factory=OrderSettings)

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense: a wrong one would give a wrong count and no complaint."""
        for stage, fields in self.to_dict().items():
            for name, value in fields.items():
                lowest, highest = _range(stage, name)
                if not lowest <= value <= highest:
                    raise SettingsError(f"{stage}.{name} = {value!r}: give a value from {lowest:g} to {highest:g}")
        for right, complaint in self._agreements():
            if not right:
                raise SettingsError(complaint)

    def _agreements(self) -> Iterator[tuple[bool, str]]:
        """What must hold between settings, each with what to say when it does not."""
        onsets, arrivals, chance = self.onsets, self.arrivals, self.probability
        yield (
            self.stretches.margin_s >= onsets.floor_reach_s + 2,
            "stretches.margin_s must be longer than onsets.floor_reach_s by 2 s: the longest neighbourhood must fit in",
        )
        yield (
            onsets.seam_hops >= max(onsets.before_hops, arrivals.before_hops + 1, arrivals.after_hops + 1),
            "onsets.seam_hops must exceed onsets.before_hops, arrivals.before_hops and arrivals.after_hops: "
            "no onset is timed with sound that is missing",
        )
        for stage, lower, upper in _RISING:
            values = getattr(self, stage)
            yield (
                getattr(values, lower) <= getattr(values, upper),
                f"{stage}.{lower} must not be above {stage}.{upper}",
            )
        yield (
            chance.kept <= chance.possible <= chance.shot,
            "probability.kept, .possible and .shot must rise: each is a stricter choice from the last",
        )

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Stage -> field -> value, as in report.json and in a settings file."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], source: str = "settings", base: Settings | None = None) -> Settings:
        """`base` (the defaults when None) with the given stages and fields replaced.

        Raises
        ------
        SettingsError
            On an unknown stage or field ("did you mean"), or a value of the wrong type or out of range.
        """
        stages: dict[str, Any] = {} if base is None else {name: getattr(base, name) for name in _names(cls)}
        for stage, fields in values.items():
            default = getattr(base or _DEFAULTS, _known(stage, _names(cls), f"{source}: unknown stage"))
            if not isinstance(fields, Mapping):
                raise SettingsError(f"{source}: [{stage}] must be a table of fields, not {fields!r}")
            replaced = {
                _known(name, _names(type(default)), f"{source}: unknown setting in [{stage}]"): _typed(
                    f"{source}: {stage}.{name}", getattr(default, name, None), value
                )
                for name, value in fields.items()
            }
            stages[stage] = dataclasses.replace(default, **replaced)
        try:
            return cls(**stages)
        except SettingsError as error:
            raise SettingsError(f"{source}: {error}") from error

    @classmethod
    def read(
        cls, path: str | Path | None = None, overrides: Iterable[str] = (), base: Settings | None = None
    ) -> Settings:
        """`base` (the defaults when None), then a TOML file, then `stage.field=value` overrides in order.

        Raises
        ------
        SettingsError
            On an unreadable file, broken TOML, or anything `from_dict` refuses.
        """
        values: dict[str, Any] = {}
        if path is not None:
            try:
                content = small_files.content(
                    Path(path), "the settings file", _LARGEST_BYTES, _TOO_LARGE, SettingsError
                )
                values = tomllib.loads(content.decode("utf-8"))
            except (ValueError, RecursionError) as error:
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
        return cls.from_dict(values, str(path) if path is not None else "settings", base)


# Ranges by the unit in which a name ends; a name without one is a share or a chance.
_RANGES: dict[str, tuple[float, float]] = {
    **{"hops": (1, 200), "s": (0, 1e6), "ms": (0, 1000), "db": (-200, 200)},
    "hz": (0, 1e5),
}
_SHARE = (0.0, 1.0)
_OWN_RANGES: dict[str, tuple[float, float]] = {
    "media.track": (1, 1000),
    "media.most_rate_hz": (1, 10_000_000),
    "media.most_channels": (1, 1000),
    "media.most_together_hz": (1, 10_000_000_000),
    "stretches.length_s": (1, 3600),  # shorter ones are nearly all margin, longer ones fill the memory
    "stretches.margin_s": (4, 60),  # windows of features reach 2 s and a little, tones 1 s and a little further
    "onsets.gate_db": (0, 60),
    "onsets.seam_hops": (1, 1000),
    "onsets.floor_depth_db": (0, 200),
    "arrivals.before_hops": (5, 200),  # the search begins 4 hops before the candidate
    "arrivals.smooth_ms": (0, 2),  # far shorter than the attack that is timed
    "arrivals.error_per_rise": (0, 100),
    "echoes.sources": (1, 1000),
    "count.confidence": (0.01, 0.999),
    "count.spread": (0, 10),
    "count.slope": (0.1, 10),
    "count.slope_spread": (0, 2),
    "count.pivot": (-5, 5),
    "count.nothing": (-20, 20),
    "count.nothing_slope": (0, 20),
    "coverage.duck_db": (0, 200),
    "coverage.duck_s": (0.01, 1e6),
    "tones.longest_s": (0, 1.2),  # margins must hold them
    "repeats.shortest_s": (0.5, 1e6),
    "repeats.apart_s": (0.1, 1e6),
    "repeats.rhythm_onsets": (2, 1000),
    "cuts.spike": (1, 1000),
    "cuts.places": (0, 10_000),
    "cuts.pictures": (0, 10_000_000),
    "cuts.around_s": (0.1, 10),
    "cuts.contrast": (0.01, 10),
    "cuts.plain_levels": (0, 127),
    "fusion.reach_s": (0.001, 60),
    "fusion.memory_s": (0.01, 1e6),
    "fusion.timing_s": (1e-5, 1),
    "fusion.new": (0.001, 1000),
    "fusion.rest": (-20, 20),
    "fusion.agreement": (-20, 20),
    "fusion.silence": (-20, 20),
    "fusion.silence_slope": (-20, 20),
    "order.apart_m": (0, 1e5),
    "order.arm_m": (0, 1e5),
    "alignment.accident": (1e-300, 1),
    "alignment.highest_hz": (0, 8192),  # the grid of delays shows no more
    "alignment.around_s": (0.05, 10),
    "alignment.stretch_s": (10, 3600),
    "alignment.stretches": (1, 1000),
    "alignment.windows": (0, 10_000),
    "alignment.window_s": (0.1, 5),
    "alignment.spread_s": (0.01, 1),
    "alignment.clear": (1, 1000),
    "alignment.moved_m": (0, 100),
    "alignment.most_ppm": (0, 1000),
    "alignment.sure_ppm": (0, 1000),
}


# Settings of which the first must not be above the second.
_RISING = (
    ("arrivals", "foot_share", "share"),
    ("arrivals", "least_error_s", "most_error_s"),
    ("echoes", "nearest_s", "tail_s"),
    ("cracks", "nearest_s", "furthest_s"),
    ("cracks", "below_db", "below_again_db"),
    ("coverage", "mute_s", "mute_long_s"),
    ("tones", "lowest_hz", "highest_hz"),
    ("tones", "shortest_s", "longest_s"),
    ("repeats", "rhythm_ms", "rhythm_loose_ms"),
    ("alignment", "lowest_hz", "highest_hz"),
    ("alignment", "spread_s", "window_s"),
)


def _range(stage: str, name: str) -> tuple[float, float]:
    """The lowest and the highest value that a setting may take."""
    return _OWN_RANGES.get(f"{stage}.{name}", _RANGES.get(name.rpartition("_")[2], _SHARE))


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
    except (ValueError, RecursionError):
        return text


def _typed(where: str, default: Any, value: Any) -> Any:
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) < 1e300 else float("inf")
    if type(value) is not type(default):
        raise SettingsError(f"{where} takes a {type(default).__name__}, not {value!r}")
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise SettingsError(f"{where} must be a finite number, not {value!r}")
    return value
