"""One value per instance."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import defectio_tasks as tasks
from defectio_tasks._loop import loop as loop_module
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


@pytest.mark.parametrize("place", ["_binding", "copy_loop"])
def test_c1_bound_by_two_threads_at_once_it_is_one(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Reading an attribute is allowed from any thread; here the other one comes in between."""

    class Bot:
        @tasks.loop(seconds=1)
        async def tick(self) -> None: ...

    bot = Bot()
    others: list[tasks.Loop[[], None]] = []

    def come_in_between() -> None:
        monkeypatch.undo()
        others.append(bot.tick)

    def interrupted(*args: Any) -> tasks.Loop:
        come_in_between()
        return loop_module.copy_loop(*args)

    @contextmanager
    def waiting() -> Iterator[None]:
        come_in_between()
        yield

    monkeypatch.setattr(loop_module, place, interrupted if place == "copy_loop" else waiting())
    assert bot.tick is others[0]
    assert bot.tick is others[0]
