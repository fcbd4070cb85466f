"""One value per instance."""

from __future__ import annotations

import gc
import weakref

import pytest

from defectio_tasks._loop.binding import InstanceReference, PerInstance


class Thing:
    """An instance, or a value that keeps the reference to one."""

    reference: InstanceReference


def add(values: PerInstance[Thing], instance: object) -> Thing:
    value = Thing()
    value.reference = InstanceReference(instance, values.forget)
    value.reference.identity = id(instance)
    values[id(instance)] = value
    return value


def test_a_value_goes_with_its_instance_and_at_once() -> None:
    values: PerInstance[Thing] = PerInstance()
    one, other = Thing(), Thing()
    gone = weakref.ref(add(values, one))
    kept = add(values, other)
    gc.disable()
    try:
        del one
        assert gone() is None
    finally:
        gc.enable()
    assert values == {id(other): kept}


def test_a_value_that_was_taken_out_already_is_no_matter() -> None:
    values: PerInstance[Thing] = PerInstance()
    one = Thing()
    value = add(values, one)
    values.clear()
    del one
    assert value.reference() is None
    assert values == {}


def test_an_instance_without_weak_references_is_refused() -> None:
    values: PerInstance[Thing] = PerInstance()
    with pytest.raises(TypeError, match="weak reference"):
        add(values, (1, 2))
    assert values == {}
