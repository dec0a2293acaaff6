"""The numbers behind composed scenes, each with where it comes from.

S: a published source. M: measured on live fire in a city (ShotSpotter's Pittsburgh recordings,
CC BY 4.0). D: derived. A: assumed, and varied for that reason. Ranges are (low, high) of a
uniform draw; LogNormal holds its median and the sd of the logarithm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

Range = tuple[float, float]


class LogNormal(NamedTuple):
    """A positive quantity: its median and the standard deviation of its logarithm."""

    median: float
    sigma: float

    def draw(self, rng: np.random.Generator) -> float:
        """One value."""
        return float(self.median * np.exp(self.sigma * rng.standard_normal()))


@dataclass(frozen=True)
class Calibre:
    """A kind of gun: how often, peak level 1 m to its side, length of the positive phase, speed of its bullet."""

    name: str
    share: float  # A
    peak_db_spl: Range  # mean and sd; S for 9mm, .40, 5.56 (Dater; aseutra), else A
    phase_ms: Range  # mean and sd; A (whole blast 2-5 ms: S, Maher 2006)
    bullet_m_s: Range  # mean and sd; S for 9mm and .45 (makers' tables), else A
    bore_mm: float


CALIBRES = (
    Calibre("9mm", 0.68, (160.5, 1.5), (0.45, 0.12), (345.0, 25.0), 9.0),
    Calibre(".40", 0.12, (161.5, 1.0), (0.50, 0.12), (310.0, 15.0), 10.0),
    Calibre(".45", 0.08, (160.0, 1.5), (0.60, 0.15), (262.0, 12.0), 11.5),
    Calibre(".38", 0.03, (162.0, 2.0), (0.50, 0.12), (290.0, 30.0), 9.0),
    Calibre("5.56", 0.05, (164.0, 1.5), (0.70, 0.20), (900.0, 40.0), 5.7),
    Calibre(".22", 0.02, (146.0, 4.0), (0.25, 0.08), (320.0, 30.0), 5.6),
    Calibre("12ga", 0.02, (162.0, 2.0), (1.00, 0.25), (400.0, 20.0), 18.0),
)
SHOT_SD_DB = 1.0  # A; "appreciable" (S)
SHOT_PHASE_SD = 0.06  # A: of the logarithm of its length
SHOT_TILT_DB = 1.0  # A: sd of the treble of a shot against its bass
FRIEDLANDER_DECAY: Range = (0.8, 2.0)  # A
RISE_S: Range = (5e-6, 40e-6)  # A; below 20 us close by (S)
PHONE_SHARE = 0.12  # A: scenes of one gun whose blast was overloaded by a telephone
PHONE_HEADROOM_DB = 16.0  # D: so that nothing overloads it again
RECORDED_SHARE = 0.5  # A: guns that sound from a recorded blast
RECORDED_TAIL_DB: Range = (-12.0, 0.0)  # A: of its place that a recorded blast keeps

SPLIT_S = LogNormal(0.30, 0.45)  # S/A: a barrage has about 3 a second; competition 0.15-0.25
SLOW_SPLIT_S = LogNormal(0.56, 0.25)  # M: unhurried fire on a range
SLOW_SHARE = 0.25  # A
SPLIT_FLOOR_S = 0.11  # S/A: one finger
WALKER_SPLIT_S = LogNormal(0.28, 0.40)  # S: 70-94 shots in 7 s from eight guns
AUTO_PER_MIN: Range = (450.0, 1250.0)  # S
AUTO_PISTOL_SHARE = 0.2  # A: near, the others rifles far away
AUTO_BURST_MEAN = 7  # A
RANGE_STRINGS = {"single": 0.5, "quick": 0.25, "burst": 0.25}  # A: of fire at a range, and bursts of automatic fire
RANGE_PAUSE_S = LogNormal(3.0, 0.5)  # A: between strings
RANGE_LEAD_S: Range = (0.15, 1.0)  # A: recordings that were cut to the fire
RANGE_RIFLE_SHARE = 0.35  # A
RANGE_OWN_SHARE = 0.15  # A
RANGE_DISTANCE_M: Range = (1.0, 25.0)  # A
PAUSE_CHANCE = 0.06  # A
PAUSE_S = LogNormal(1.5, 0.7)  # A
MAGAZINES = ((6, 0.05), (12, 0.1), (15, 0.25), (17, 0.3), (18, 0.1), (21, 0.1), (30, 0.1))  # A
RELOAD_S = LogNormal(2.5, 0.35)  # A
START_LAG_S = LogNormal(0.7, 0.6)  # A: reaction
BARRAGE_GUNS = (50, 20, 15, 11, 11)  # S: prosecutors' and official tallies of one incident; the split is partly assumed
WALKER_GUNS = (18, 17, 16, 15, 10, 8, 6, 4)  # S for the sum, A for the split
DOUBLE_GAP_S: Range = (0.005, 0.080)  # A: what resolution has to be shown on
DOUBLE_EVERY_S: Range = (1.4, 2.6)  # A

OWN_GUN_M: Range = (0.5, 1.1)  # A: from the wearer's gun to the camera
OWN_SHARE = 0.33  # A: guns that are the wearer's
DISTANCE_M = LogNormal(7.0, 0.95)  # A
BARRAGE_DISTANCE_M = LogNormal(5.0, 0.6)  # A: around one car
WALKER_DISTANCE_M = LogNormal(11.0, 0.45)  # A: eight people around one
VOLLEY_OWN_SHARE = 0.8  # A: in both, the wearer fires too
CAMERA_M = 1.3  # A: height on the chest
NEAREST_M, FURTHEST_M = 1.0, 95.0  # A
RIFLE_DISTANCE_M: Range = (30.0, 95.0)  # A
DISTANT_M: Range = (60.0, 400.0)  # A: fire from elsewhere, with houses in between
DISTANT_HZ: Range = (350.0, 3000.0)  # A: what those leave of it
DISTANT_TAIL_DB: Range = (-50.0, -15.0)  # A: tails die on the way as the direct sound does
DISTANT_TREBLE_DB: Range = (-30.0, -8.0)  # A: and lose as much treble
WALK_M_S = 0.7  # A: sd of each component of the wearer's velocity
TEMPERATURE_C: Range = (-10.0, 38.0)  # A
OCCLUSION_CHANCE = 0.17  # A: something stands between gun and camera
OCCLUSION_DB: Range = (-25.0, -6.0)  # A
OCCLUSION_HZ: Range = (600.0, 4000.0)  # A
CABIN_HZ: Range = (800.0, 2500.0)  # A
CABIN_RT60_S: Range = (0.06, 0.25)  # A: a car with its doors shut is dry, its panels ring
CABIN_DB: Range = (-25.0, -8.0)  # A


@dataclass(frozen=True)
class Kind:
    """A kind of place: distances of its walls, how long it rings and how strongly."""

    share: float  # A
    side_m: Range  # A: walls left and right
    end_m: Range | None  # A: a wall ahead, None for none
    end_chance: float  # A
    closed: bool  # four walls and a ceiling
    rt60_s: Range  # A (city, far: 0.8-3.3 s, M)
    tail_db: Range  # A: one millisecond of tail at the start, re the direct path at 1 m
    order: int
    swell_m: Range = (1.5, 5.0)  # A: the nearest things that the tail comes from; a room's are a metre away


PLACES: dict[str, Kind] = {
    "street": Kind(0.32, (4.0, 15.0), None, 0.0, False, (0.6, 2.0), (-48.0, -36.0), 3),
    "parking": Kind(0.22, (10.0, 50.0), (12.0, 45.0), 0.6, False, (0.3, 1.0), (-52.0, -39.0), 2),
    "yard": Kind(0.2, (1.5, 8.0), (2.0, 8.0), 0.8, False, (0.4, 1.2), (-44.0, -30.0), 2),
    "open": Kind(0.04, (60.0, 120.0), None, 0.0, False, (0.15, 0.4), (-58.0, -46.0), 1),
    "room": Kind(0.12, (1.2, 4.0), (1.2, 4.0), 1.0, True, (0.25, 0.8), (-34.0, -24.0), 3),
    "hallway": Kind(0.1, (0.8, 2.0), None, 0.0, False, (0.8, 1.6), (-38.0, -27.0), 3),
}
PLACES_OF = {"barrage": {"street": 0.8, "parking": 0.2}, "walker": {"parking": 0.7, "street": 0.2, "open": 0.1}}  # A
PLACES_OF |= {"auto": {"yard": 0.4, "parking": 0.3, "street": 0.15, "hallway": 0.15}}  # room for distance
# Fire in the open: no tail to speak of, or what woods, banks and sheds far away give back; a stand with its roof
# and partitions answers at once and not for long.
PLACES |= {
    "dry range": Kind(0.0, (60.0, 120.0), None, 0.0, False, (0.05, 0.25), (-44.0, -14.0), 1, (0.3, 3.0)),
    "range": Kind(0.0, (12.0, 45.0), (12.0, 45.0), 0.6, False, (0.3, 1.2), (-56.0, -32.0), 2, (3.0, 45.0)),
    "stand": Kind(0.0, (0.8, 3.0), (1.0, 4.0), 0.5, True, (0.02, 0.12), (-30.0, -12.0), 3),
}
PLACES_OF |= {"range": {"dry range": 0.35, "range": 0.3, "stand": 0.35}}
PLACES_OF |= {"distant": {"street": 0.4, "open": 0.3, "dry range": 0.3}}
PLACES_OF |= {"cabin": {"parking": 0.5, "street": 0.5}, "fireworks": {"street": 0.6, "parking": 0.2, "open": 0.2}}
MEASURED_SHARE = 0.27  # A: scenes in the place of a measured impulse response
DOUBLE_MEASURED_SHARE = 0.5  # A: of pairs of shots, the hardest to part
MEASURED_TAIL_DB: Range = (-17.0, -4.0)  # A: energy of a measured tail re the direct path at 1 m
WALL_DB: Range = (-10.0, -1.5)  # A: -6 to -0.5 for a flat wall; windows, recesses and parked cars scatter the rest
PLACE_SD_DB = 3.0  # A: by which the tails of places of a kind differ beyond their range
ECHO_TREBLE_DB: Range = (-10.0, -2.0)  # A: what echoes of rough things have lost above 3 kHz, and less of it below
TAIL_GRAIN: Range = (0.0, 0.8)  # A: sd of the logarithm of the single reflections in a tail
RT60_BANDS = (1.2, 1.0, 0.75, 0.5)  # A: of the time given, below 500 Hz, up to 1.5, up to 4 kHz, above
AIM_DEG: Range = (0.0, 130.0)  # A: between the barrel and the camera
RIFLE_AIM_DEG: Range = (0.0, 12.0)  # A: near the line of fire, where crack and blast part
CRACK_TAIL_DB: Range = (-15.0, 0.0)  # A: echoes of a crack re those of a blast as loud at the camera
GROUND_DB: Range = (-9.0, -1.5)  # A: reflection 0.35-0.85

OVERLOAD_DB_SPL: Range = (125.0, 4.0)  # mean and sd; S: tests of small microphones run 120-135
OVERLOAD_LIMITS: Range = (115.0, 135.0)
HARD_SHARE = 0.6  # A: microphones that clip flat; the others bend
HIGH_PASS_HZ: Range = (60.0, 250.0)  # A
LIMITER_SHARE = 0.75  # A
LIMITER_ATTACK_S: Range = (0.001, 0.0075)  # A
LIMITER_HOLD_S: Range = (0.0, 0.05)  # A
LIMITER_RELEASE_S: Range = (0.25, 1.5)  # A
LIMITER_DB: Range = (15.0, 40.0)  # A
LIMITER_CEILING: Range = (0.5, 0.9)  # A
GAIN_LIMITED_DB: Range = (4.5, 18.0)  # A: full scale below the overload point, made up by the limiter
FAR_GAIN_DB = 6.0  # A: more where nothing is loud
GAIN_PLAIN_DB: Range = (-6.0, 7.0)  # A
BOUNCE_SHARE = 0.43  # A: diaphragm or coupling swings after an overload
BOUNCE_HZ: Range = (13.0, 60.0)  # A
BOUNCE_DECAY_S: Range = (0.012, 0.06)  # A
BOUNCE_SHARE_OF_LIMIT: Range = (0.2, 0.77)  # A
RATES_HZ = ((16_000, 0.22), (24_000, 0.05), (32_000, 0.14), (44_100, 0.35), (48_000, 0.24))  # A
BIT_RATES = {  # A, bits a second
    16_000: (32_000, 48_000, 64_000),
    24_000: (48_000, 64_000),
    32_000: (48_000, 64_000, 96_000),
    44_100: (64_000, 96_000, 128_000),
    48_000: (64_000, 96_000, 128_000),
}
STUDIO_OVERLOAD_DB_SPL: Range = (122.0, 162.0)  # A: recorders set up for gunfire
STUDIO_LIMITER_SHARE = 0.15  # A
COARSE_SHARE = {"range": 0.6, "quiet": 0.2}  # A: files that were kept in 8 bits, the others 4 in 100
COARSE_ELSEWHERE = 0.04  # A
COARSE_NOISE: Range = (0.0, 0.8)  # A: steps RMS that chatter in such a file
TWICE_SHARE = 0.3  # A: published files that were coded again
PUBLISHED_HZ = 44_100  # A: at this rate

RECORDED_BED_SHARE = 0.6  # A
BED_SLOPE_DB: Range = (-6.0, -3.0)  # A: an octave
FAR_DB_SPL: Range = (72.0, 104.0)  # A: loudest of a string of far fire; the sensors saturate at 93 (M)
STREET_DB_SPL: Range = (56.0, 80.0)  # A
FAR_CLEAR_SHARE = 0.75  # A: strings of far fire that stand out at their sensor; of the others, any
FAR_HISS_DB_SPL: Range = (30.0, 56.0)  # A: behind more gain, and what codecs of radios and phones leave
FAR_STREET_DB_SPL: Range = (44.0, 66.0)  # A: what lets far fire be heard
DISTANT_STREET_DB_SPL: Range = (44.0, 76.0)  # A
WIND_CHANCE = 0.3  # A
WIND_DB_SPL: Range = (65.0, 95.0)  # A
HISS_DB_SPL: Range = (28.0, 43.0)  # A: small microphones' own noise
SPEECH_DB_SPL: Range = (66.0, 94.0)  # A: peaks at the camera
SPEECH_CHANCE = 0.5  # A
SPEECH_PAUSE_S: Range = (0.5, 6.0)  # A: means of exponential pauses
PLANTED_PER_S: Range = (0.1, 0.6)  # A
QUIET_PLANTED_PER_S: Range = (0.25, 0.6)  # A: where nobody fires, everything else is to be heard
SIREN_CHANCE = 0.3  # A: of a siren far away
SIREN_DB_SPL: Range = (55.0, 82.0)  # A: its peak
FAR_PLANTED_SHARE = 0.4  # A: of them where far fire is to be heard
PLANTED_DB_SPL: Range = (78.0, 118.0)  # A: peaks at the camera
MUFFLED_CHANCE = 0.4  # A: planted sounds from behind something or far away
MUFFLED_HZ: Range = (500.0, 5000.0)  # A
MADE_CHANCE = 0.3  # A: of kinds that can be made without a recording
RADIO_CHANCE = 0.3  # A: voices on the radio
CASING_CHANCE = 0.25  # A: heard from a near gun, 0.4-1.2 s after the shot
CASING_DELAY_S: Range = (0.4, 1.2)  # A
CASING_DB_SPL: Range = (75.0, 92.0)  # A

EVERYDAY = {kind: 1.0 for kind in ("steps", "click", "keys", "handling", "glass", "metal", "drop", "pop", "clap")}  # A
EVERYDAY |= {kind: 0.8 for kind in ("wood", "door", "bark", "ball", "cough", "hammer", "knock", "weapon")}
EVERYDAY |= {"horn": 0.2, "siren": 0.2, "drum": 0.15, "fireworks": 0.1, "beep": 0.5, "bump": 0.5}
FIREWORKS = {"fireworks": 6.0, "explosion": 1.5, "thunder": 1.0, "drum": 0.5}  # A
FIREWORKS |= {kind: 0.15 for kind in EVERYDAY if kind not in FIREWORKS}

# Several cameras of one scene, the files that they write, and what is done to those before they are shown.
CAMERAS = ((1, 0.4), (2, 0.25), (3, 0.15), (4, 0.1), (5, 0.1))  # A
CAMERAS_OF = {"barrage": 5, "walker": 3, "compile": 2}  # A: as many as were published of such incidents
CAMERAS_ALONE = ("range", "far", "double", "mute", "quiet", "fireworks", "redacted")  # families of one camera
CAMERA_APART_M = LogNormal(5.0, 0.7)  # A: from the first camera to another
CAMERA_HEIGHT_M: Range = (1.2, 1.45)  # A
OWNER_CHANCE = 0.6  # A: further cameras whose wearers fire
CAMERA_START_S = 2.7  # A: the latest start before the fire
JOINED_CHANCE = 0.12  # A: further cameras that begin while others already fire
CLOCK_PPM = 25.0  # A: sd by which a clock is fast or slow
LATE_CHANCE = 0.35  # A: files whose sound begins after the picture
LATE_S: Range = (0.05, 1.0)  # A
MUTE_LATE_SHARE = 0.4  # A: muted starts that have no sound at all instead of silence (S: 30 s before the event)
BEEP_CHANCE = 0.4  # A: cameras that beep when they start and every two minutes
BEEP_EVERY_S = 120.0  # S: makers' manuals
BEEP_FIRST_S: Range = (0.2, 1.0)  # A
BEEP_DB_SPL: Range = (70.0, 92.0)  # A: at their own microphone
WEARER_M: Range = (0.3, 0.6)  # A: from a camera to what its wearer does or says
STREWN_M: Range = (1.5, 15.0)  # A: to other everyday sounds
SIREN_M: Range = (60.0, 200.0)  # A
WEARER_KINDS = ("steps", "click", "keys", "handling", "cough", "weapon", "beep", "bump", "casing")

CONTAINERS = {".mp4": 0.7, ".mov": 0.15, ".mkv": 0.15}  # A
OPUS_SHARE = 0.4  # A: of Matroska files, at rates that Opus knows
OPUS_RATES_HZ = (16_000, 24_000, 48_000)
REDACTIONS = (1, 4)  # A: fewest and most in a file
REDACTED_TONE_SHARE = 0.45  # A: the others are silent
TONE_S: Range = (0.3, 1.5)  # A
TONE_HZ = 1000.0  # A
TONE_LEVEL: Range = (0.05, 0.4)  # A: of full scale
SILENCE_S: Range = (0.5, 6.0)  # A
CARD_S: Range = (2.0, 5.0)  # A: title of a compilation
CARD_BETWEEN_S: Range = (1.0, 2.5)  # A: between its views, where they are not cut hard
CARD_BETWEEN_CHANCE = 0.5  # A
REPLAY_CHANCE = 0.6  # A: of a replay at the same speed before the slow one
REPLAY_AROUND_S = 1.0  # A: before the first shot and after the last
SLOW_SPEEDS = (0.25, 0.5, 0.75)  # A
QUIET_FILE_S = 300.0  # scenes without shots are files of five minutes
