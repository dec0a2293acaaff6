import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.errors import OutputError
from detector.lab.corpus import Case, read_corpus, sound
from detector.lab.events import event
from detector.lab.folds import fold_of_groups
from detector.lab.material import Material, read_material
from detector.lab.scene_check import lateness, measured
from detector.lab.scene_files import FILE_FAMILIES, Order, orders, prepare, published, write_scene
from detector.lab.scene_truth import truth
from tests.pieces import small_corpus

ROOT = Path(__file__).resolve().parent.parent
MADE = ("solo", "pair", "redacted", "compile", "mute", "cabin", "auto")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def material(corpus: Path) -> Material:
    return read_material(corpus, read_corpus(corpus))[1]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, corpus: Path, material: Material) -> Path:
    out = tmp_path_factory.mktemp("made") / "scenes of fold 1"
    folder = prepare(out, corpus, "python scripts/make_scenes.py", fold=1)
    for number, family in enumerate(MADE):
        write_scene(Order(family, number, 100 + number), folder, material)
    return out


@pytest.fixture(scope="module")
def cases(written: Path) -> dict[str, Case]:
    return {case.name: case for case in read_corpus(written)}


def told(written: Path, name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((written / "scenes" / name / "truth.json").read_text(encoding="utf-8"))
    return values


def test_decoded_files_have_their_shots_where_the_truth_says(written: Path) -> None:
    late_ms = np.concatenate([file.late_ms for file in measured(written) if file.rate_hz >= 44_100])
    assert len(late_ms) > 20
    assert np.mean(np.abs(late_ms) <= 3) >= 0.98
    assert np.abs(np.median(late_ms)) < 0.3


def test_a_displaced_truth_is_found_out(written: Path, cases: dict[str, Case]) -> None:
    right, wrong = [], []
    for number, family in enumerate(MADE):
        for camera in told(written, f"{family}_{number:03d}")["cameras"]:
            samples, rate_hz = sound(cases[f"scenes/{family}_{number:03d}/{Path(camera['file']).stem}"])
            right.append(lateness(samples, rate_hz, camera))
            wrong.append(lateness(samples, rate_hz, camera | {"video_start_s": -0.003}))
    assert np.median(np.concatenate(wrong)) == pytest.approx(np.median(np.concatenate(right)) + 3.0, abs=0.1)


def test_the_layout_is_read_like_a_corpus(written: Path, cases: dict[str, Case]) -> None:
    for number, family in enumerate(MADE):
        scene = told(written, f"{family}_{number:03d}")
        assert (scene["synthetic"], scene["fold"], scene["family"]) == (True, 1, family)
        for camera in scene["cameras"]:
            case = cases[f"scenes/{family}_{number:03d}/{Path(camera['file']).stem}"]
            unmuted = [shot for shot in camera["shots"] if not shot.get("muted")]
            assert len(case.marks.time_s) == len(unmuted)
            assert case.material == "composed"
            assert case.muted == tuple((start, stop) for start, stop in camera["muted"])
            samples, rate_hz = sound(case)
            assert len(samples) / rate_hz == pytest.approx(case.duration_s, abs=0.08)
            assert case.count_low <= case.count_high <= scene["total_shots"]


def test_scenes_are_judged_in_the_fold_of_their_material(cases: dict[str, Case]) -> None:
    assert set(fold_of_groups(list(cases.values())).values()) == {1}


def test_a_compilation_counts_each_discharge_once(written: Path, cases: dict[str, Case]) -> None:
    scene = told(written, "compile_003")
    (camera,) = scene["cameras"]
    case = cases["scenes/compile_003/cam1"]
    assert case.count_high == scene["total_shots"]
    assert sum(not shot["repeat"] for shot in camera["shots"]) == scene["total_shots"]
    assert len(case.marks.time_s) == len(camera["shots"]) > 2 * scene["total_shots"]
    assert camera["recorder"]["twice"]


def test_unheard_spans_are_silent_or_under_a_tone_in_the_file(written: Path, cases: dict[str, Case]) -> None:
    checked = 0
    for number, family in enumerate(MADE):
        for camera in told(written, f"{family}_{number:03d}")["cameras"]:
            samples, rate_hz = sound(cases[f"scenes/{family}_{number:03d}/{Path(camera['file']).stem}"])
            for span in camera["muted"]:
                part = samples[round((span[0] + 0.06) * rate_hz) : round((span[1] - 0.06) * rate_hz)]
                if span not in camera["tones"] and len(part):
                    assert np.abs(part).max() < 1e-3
                    checked += 1
    assert checked > 5


def test_gaps_and_overlaps_are_told_of_the_first_arrivals(written: Path) -> None:
    for number, family in enumerate(MADE):
        for camera in told(written, f"{family}_{number:03d}")["cameras"]:
            first_s = np.array([min(shot["arrival_s"], shot.get("crack_s", 1e9)) for shot in camera["shots"]])
            gaps = [shot["gap_to_previous_ms"] for shot in camera["shots"]]
            assert gaps[0] is None
            assert gaps[1:] == pytest.approx((1e3 * np.diff(first_s)).tolist(), abs=0.03)
            near = (np.abs(first_s[:, None] - first_s) < 0.010).sum(axis=1) - 1
            assert [shot["overlaps"] for shot in camera["shots"]] == near.tolist()


def test_the_clock_leads_from_the_file_back_to_the_scene(written: Path) -> None:
    for camera in told(written, "pair_001")["cameras"]:
        recorder = camera["recorder"]
        assert camera["clock_offset_s"] == pytest.approx(recorder["start"] - recorder["audio_offset"], abs=1e-5)
        for shot in camera["shots"]:
            scene_s = shot["arrival_s"] + camera["clock_offset_s"]
            assert 0 < scene_s - shot["emission_s"] < 0.4


def test_the_same_order_gives_the_same_truth(tmp_path: Path, material: Material) -> None:
    for folder in (tmp_path / "one", tmp_path / "two"):
        write_scene(Order("redacted", 0, 9), folder, material)
    one, two = (next((tmp_path / name).glob("*/truth.json")).read_bytes() for name in ("one", "two"))
    assert one == two


def test_every_family_has_a_truth(material: Material, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.lab.scene_numbers.QUIET_FILE_S", 3.0)
    for family in FILE_FAMILIES:
        if family in (*MADE, "barrage"):
            continue
        made = published(event(family, 1, material))
        scene = json.loads(json.dumps(truth(made, ["a.mp4"] * len(made.views), ["aac"] * len(made.views))))
        assert scene["total_shots"] >= len(scene["cameras"][0]["shots"])
        assert scene["n_guns"] == len(scene["shots_per_gun"])
        if family == "far":
            assert scene["note"].startswith("FP")


def test_orders_follow_the_recipe_and_the_hours() -> None:
    wanted = orders({"walker": 2, "quiet": 1}, hours_quiet=0.25, seed=3)
    assert [order.name for order in wanted] == ["walker_000", "walker_001", *(f"quiet_00{k}" for k in range(4))]
    assert [order.seed for order in wanted[:2]] == [300_000, 300_001]
    with pytest.raises(ValueError, match="no such family: duel; there are solo, pair"):
        orders({"duel": 1}, 0.0, 1)


def test_folders_that_hold_something_or_lie_in_the_corpus_are_refused(tmp_path: Path, corpus: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is not an empty folder; name a new one"):
        prepare(tmp_path, corpus, "", 0)
    for inside in (corpus, corpus / "new" / "deep"):
        with pytest.raises(OutputError, match="lies in the corpus folder; name one outside it"):
            prepare(inside, corpus, "", 0)
    assert not (corpus / "new").exists()
    folder = prepare(tmp_path / "new", corpus, "make", 4)
    assert folder.is_dir()
    assert "SYNTHETIC" in (tmp_path / "new" / "README.md").read_text(encoding="utf-8")


def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_scripts_make_scenes_and_check_them(tmp_path: Path, corpus: Path) -> None:
    out = tmp_path / "made"
    options = ("--corpus", corpus, "--out", out, "--hours-quiet", "0", "--fold", "2", "--jobs", "1")
    made = run("make_scenes.py", *options, "--recipe", "solo=2")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("2 scenes, ")
    assert "2/2 solo_001" in made.stderr
    assert {case.family for case in read_corpus(out)} == {"solo"}
    checked = run("check_scenes.py", out)
    assert checked.returncode == 0, checked.stderr
    assert "44.1, 48 k" in checked.stdout
    again = run("make_scenes.py", *options)
    assert again.returncode == 2
    assert again.stderr == f"make_scenes: {out}: is not an empty folder; name a new one\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--recipe", "duel=1"), "make_scenes: no such family: duel"),
        (("--recipe", "solo"), "write FAMILY=SCENES"),
        (("--fold", "7"), "invalid choice: 7"),
    ],
)
def test_wrong_usage_is_told_in_a_line(
    arguments: tuple[str, ...],
    words: str,
    tmp_path: Path,
    corpus: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "made"
    monkeypatch.setattr(sys, "argv", ["make_scenes", "--corpus", str(corpus), "--out", str(out), *arguments])
    main = runpy.run_path(str(ROOT / "scripts" / "make_scenes.py"))["main"]
    try:
        status = main()
    except SystemExit as left:
        status = left.code
    assert status == 2
    assert words in capsys.readouterr().err
    assert not out.exists()
