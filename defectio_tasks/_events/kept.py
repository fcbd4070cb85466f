"""Exceptions to keep for long: without what they hold of where they came from. Pure."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from typing import Final, TypeGuard

from defectio_tasks._events.printable import text_of

_PLAIN: Final = (str, int, float, bool, bytes, type(None))
# Exceptions within exceptions, and lists within lists, down to this depth.
_DEPTH: Final = 8


def keepable(error: BaseException, depth: int = _DEPTH) -> BaseException:
    """Return an exception of the same class that says the same, and holds nobody's objects.

    An exception holds its traceback, that the frames, and those all their variables: whoever keeps
    one keeps a bot. So do many of the arguments and attributes of exceptions. The copy has those of
    them that are plain values, or exceptions (which are copied likewise), and neither traceback,
    cause nor context. Nothing changes the exception itself.

    Where a class can't say the same by plain values, it's the nearest of its bases that can.

    Args:
        error: The exception.
        depth: How deep to look into it for other exceptions.
    """
    text = text_of(error)
    every_args: list[tuple[object, ...]] = [(text,)]
    # Whatever a user's class does to be made may fail.
    with suppress(Exception):
        every_args.insert(0, _plain_tuple(_args_of(error), depth))
    attributes: dict[str, object] = {}
    for name, value in vars(error).items():
        with suppress(ValueError):
            attributes[name] = _plain(value, depth)
    kinds = [kind for kind in type(error).__mro__ if issubclass(kind, BaseException)]
    # The last of them can always be made of a text.
    for kind, args in product(kinds[:-1], every_args):
        with suppress(Exception):
            # Not by `__init__`, which may want other arguments than `args`, and may do anything.
            copied = kind.__new__(kind, *args)
            vars(copied).update(attributes)
            if isinstance(error, ImportError) and isinstance(copied, ImportError):
                # From Python 3.15 on it shows what of these was set: text, but for `None`.
                if error.name is not None:
                    copied.name = error.name
                if error.path is not None:
                    copied.path = error.path
            if str(copied) == text:
                return copied
    return BaseException(text)


def _args_of(error: BaseException) -> tuple[object, ...]:
    if isinstance(error, OSError) and error.filename is not None:
        return *error.args, error.filename
    return error.args


def _plain(value: object, depth: int) -> object:
    """Return a value that holds no others, or a copy.

    Raises:
        ValueError: There is none.
    """
    if type(value) in _PLAIN:
        return value
    if depth and isinstance(value, BaseException):
        return keepable(value, depth - 1)
    if depth and _is_listed(value):
        values = _plain_tuple(value, depth - 1)
        return list(values) if isinstance(value, list) else values
    raise ValueError


def _plain_tuple(values: list[object] | tuple[object, ...], depth: int) -> tuple[object, ...]:
    return tuple(_plain(value, depth) for value in values)


def _is_listed(value: object) -> TypeGuard[list[object] | tuple[object, ...]]:
    return isinstance(value, list | tuple)
