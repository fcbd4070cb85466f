"""One value per instance."""

from __future__ import annotations

import weakref

import pytest

from defectio_tasks._binding import PerInstance


class Thing:
    pass


def test_a_value_stays_with_its_instance() -> None:
    values: PerInstance[str] = PerInstance()
    one, other = Thing(), Thing()
    values.add(one, "one")
    assert values.get(one) == "one"
    assert values.get(other) is None


def test_a_value_goes_with_its_instance_and_at_once() -> None:
    values: PerInstance[Thing] = PerInstance()
    one, value = Thing(), Thing()
    gone = weakref.ref(value)
    values.add(one, value)
    del value
    assert gone() is not None
    del one
    assert gone() is None


def test_an_instance_without_weak_references_is_refused() -> None:
    values: PerInstance[str] = PerInstance()
    with pytest.raises(TypeError, match="weak reference"):
        values.add((1, 2), "pair")
    assert values.get((1, 2)) is None
