"""The convolutional network against plain loops, alone and in company, and through its file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.core.network import STRIDE, UNIT_DB, Layer, Network
from detector.core.probability import from_bytes, to_bytes
from detector.records import Float32, Float64
from tests.judges import CHANNELS, halved, model_of, network_of


def patches_of(seed: int, rows: int, lengths: tuple[int, ...]) -> tuple[Float32, ...]:
    rng = np.random.default_rng(seed)
    return tuple(rng.uniform(-70, 30, (rows, length, CHANNELS)).astype(np.float32) for length in lengths)


def convolved(signal: Float64, layer: Layer) -> Float64:
    """Loop twin: every second step sees `width` steps around it, zeros beyond the ends."""
    width, inputs, outputs = layer.weight.shape
    steps = halved(len(signal))
    ahead = max(0, (steps - 1) * STRIDE + width - len(signal)) // 2
    found = np.zeros((steps, outputs))
    for step in range(steps):
        for output in range(outputs):
            total = float(layer.bias[output])
            for offset in range(width):
                time = step * STRIDE - ahead + offset
                if 0 <= time < len(signal):
                    total += sum(signal[time, i] * float(layer.weight[offset, i, output]) for i in range(inputs))
            found[step, output] = max(0.0, total)
    return found


def looped(network: Network, patches: tuple[Float32, ...], row: int) -> float:
    """Loop twin of the odds of one candidate."""
    joined: list[float] = []
    for patch, tower in zip(patches, network.towers, strict=True):
        signal = patch[row].astype(np.float64) / UNIT_DB
        for layer in tower:
            signal = convolved(signal, layer)
        joined += [float(value) for step in signal for value in step]
    for number, layer in enumerate((network.impression, network.alone)):
        sums = [
            float(layer.bias[output])
            + sum(value * float(w) for value, w in zip(joined, layer.weight[:, output], strict=True))
            for output in range(layer.weight.shape[1])
        ]
        joined = sums if number == 1 else [max(0.0, each) for each in sums]
    (odds,) = joined
    return odds


lengths_of_towers = st.lists(st.integers(1, 13), min_size=1, max_size=3).map(tuple)


@given(st.integers(0, 30), lengths_of_towers, st.integers(1, 6))
def test_odds_are_their_loop_twin_for_odd_and_even_lengths_and_widths(
    seed: int, lengths: tuple[int, ...], width: int
) -> None:
    network, patches = network_of(seed, lengths, width), patches_of(seed, 2, lengths)
    expected = [looped(network, patches, row) for row in range(2)]
    np.testing.assert_allclose(odds(network, patches), expected, rtol=1e-4, atol=1e-4)


LENGTHS = (128, 160, 123)


def test_odds_of_a_candidate_do_not_depend_on_its_company_to_the_last_bit() -> None:
    network, patches = network_of(1, LENGTHS), patches_of(2, 300, LENGTHS)
    together = odds(network, patches)
    assert together.dtype == np.float64
    assert len(set(together.tolist())) > 290
    for rows in ([0], [299], [3, 4, 5], list(range(299, -1, -1))):
        np.testing.assert_array_equal(odds(network, tuple(patch[rows] for patch in patches)), together[rows])


def test_no_candidates_have_no_odds() -> None:
    none = odds(network_of(1, LENGTHS), patches_of(2, 0, LENGTHS))
    assert none.shape == (0,)
    assert none.dtype == np.float64


@pytest.mark.parametrize("given", [LENGTHS[:2], (*LENGTHS, 9)])
def test_other_scales_than_the_network_knows_are_refused(given: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="zip"):
        odds(network_of(1, LENGTHS), patches_of(2, 1, given))


def odds(network: Network, patches: tuple[Float32, ...]) -> Float64:
    return network.odds(network.impressions(patches))


def filed(network: Network) -> tuple[Network, bytes]:
    """A network as it comes back from a file, and that file's bytes."""
    data = to_bytes(model_of(network))
    return from_bytes(data).network, data


def test_a_file_keeps_a_network_in_half_precision_and_nothing_else_changes() -> None:
    network, patches = network_of(3, LENGTHS), patches_of(4, 9, LENGTHS)
    kept, data = filed(network)
    assert [len(tower) for tower in kept.towers] == [len(tower) for tower in network.towers]
    for mine, theirs in zip(_layers(kept), _layers(network), strict=True):
        for one, other in ((mine.weight, theirs.weight), (mine.bias, theirs.bias)):
            assert one.dtype == np.float32
            np.testing.assert_array_equal(one, other.astype(np.float16))
    np.testing.assert_allclose(odds(kept, patches), odds(network, patches), rtol=0.01, atol=0.05)
    again, same = filed(kept)
    assert same == data
    np.testing.assert_array_equal(odds(again, patches), odds(kept, patches))


def _layers(network: Network) -> list[Layer]:
    return [layer for tower in network.towers for layer in tower] + [network.impression, network.alone]
