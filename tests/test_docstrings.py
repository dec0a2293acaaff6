"""Every public name is described: what goes in, what comes out, what its fields and methods are."""

from __future__ import annotations

import inspect
import re

import pytest

import detector

FUNCTIONS = [name for name in detector.__all__ if inspect.isfunction(getattr(detector, name))]
CLASSES = [name for name in detector.__all__ if inspect.isclass(getattr(detector, name))]


def sections(described: object) -> dict[str, str]:
    """Headings of a numpydoc docstring and what stands below each."""
    text = inspect.getdoc(described) or ""
    parts = re.split(r"(?m)^(\w[\w ]*)\n-+$", text)
    return dict(zip(["", *parts[1::2]], parts[::2], strict=True))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_says_what_goes_in_and_what_comes_out(name: str) -> None:
    function = getattr(detector, name)
    found = sections(function)
    assert found[""].strip().splitlines()[0].endswith((".", ":"))
    named = {each.strip() for line in re.findall(r"(?m)^(\w[\w, ]*)$", found["Parameters"]) for each in line.split(",")}
    assert named == set(inspect.signature(function).parameters)
    assert inspect.signature(function).return_annotation.split("[")[0] in found["Returns"]


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_and_its_public_methods_are_described(name: str) -> None:
    described = getattr(detector, name)
    assert not (inspect.getdoc(described) or "").startswith(f"{name}("), "only the signature that dataclasses write"
    own = {key: each for key, each in vars(described).items() if not key.startswith("_")}
    methods = {key: each for key, each in own.items() if inspect.isfunction(each) or isinstance(each, property)}
    assert [key for key, method in methods.items() if not inspect.getdoc(method)] == []


def test_the_check_finds_what_is_missing() -> None:
    def bare(samples: object, rate_hz: int) -> None:
        """Something.

        Parameters
        ----------
        samples
            Some.
        """

    assert set(sections(bare)) == {"", "Parameters"}
    assert "rate_hz" not in sections(bare)["Parameters"]
