import itertools

import numpy as np
import pytest

from detector.lab.events import event
from detector.lab.footage import View
from detector.lab.material import Material
from detector.lab.redaction import Redaction, redacted, redactions

BARE = Material(0, (), (), {}, (), (), (), ())


@pytest.fixture(scope="module")
def view() -> View:
    return event("redacted", 2, BARE).views[0]


def part(view: View, start_s: float, stop_s: float) -> np.ndarray:
    first, last = (round((at_s - view.late_s) * view.rate_hz) for at_s in (start_s, stop_s))
    return view.samples[first:last]


def test_spans_are_few_apart_within_the_sound_and_one_lies_over_a_shot(view: View) -> None:
    kinds = set()
    for seed in range(60):
        spans = redactions(view, np.random.default_rng(seed))
        assert 1 <= len(spans) <= 4
        assert all(span.stop_s < later.start_s for span, later in itertools.pairwise(spans))
        assert spans[0].start_s >= view.late_s - 0.005
        assert spans[-1].stop_s <= view.duration_s + 0.005
        over = [span.start_s - 0.01 <= shot.first_s <= span.stop_s + 0.01 for shot in view.shots for span in spans]
        assert any(over)
        kinds |= {span.level is None for span in spans}
    assert kinds == {True, False}


def test_silence_is_digital_tones_are_tones_and_all_else_stays(view: View) -> None:
    first_s = view.shots[0].first_s
    spans = (Redaction(first_s - 1.0, first_s - 0.5, 0.2), Redaction(first_s - 0.01, first_s + 0.3, None))
    done = redacted(view, spans)
    untouched = redacted(view, ())
    assert not np.any(part(done, first_s - 0.009, first_s + 0.299))
    tone = part(done, first_s - 0.99, first_s - 0.51)
    strongest = np.argmax(np.abs(np.fft.rfft(tone * np.hanning(len(tone))))) * view.rate_hz / len(tone)
    assert strongest == pytest.approx(1000, abs=5)
    assert np.abs(tone).max() == pytest.approx(0.2, abs=1e-3)
    after = first_s + 0.301
    assert np.array_equal(part(done, after, after + 1), part(untouched, after, after + 1))
    assert len(done.samples) == len(view.samples)
    assert done.coded_first == (view.rate_hz, view.bit_rate)


def test_shots_under_redactions_are_muted_and_the_truth_says_where(view: View) -> None:
    first_s = view.shots[0].first_s
    spans = (Redaction(first_s - 1.0, first_s - 0.5, 0.2), Redaction(first_s - 0.01, first_s + 0.3, None))
    done = redacted(view, spans)
    under = [first_s - 0.01 <= shot.first_s < first_s + 0.3 for shot in view.shots]
    assert [shot.muted for shot in done.shots] == under
    assert not any(shot.audible for shot in done.shots if shot.muted)
    assert done.tones == ((first_s - 1.0, first_s - 0.5),)
    assert set(done.unheard) == {*view.unheard, *((span.start_s, span.stop_s) for span in spans)}


def test_a_shot_cut_off_in_its_first_milliseconds_is_not_heard(view: View) -> None:
    shot = view.shots[-1]
    assert shot.without([(shot.first_s + 0.002, shot.first_s + 1)]).muted
    assert not shot.without([(shot.first_s + 0.004, shot.first_s + 1)]).muted
    assert not shot.without([(shot.first_s - 1, shot.first_s)]).muted
