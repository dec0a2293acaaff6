"""For those who improve the detector: scenes with known truth, measures, peers. Nothing above imports it."""
