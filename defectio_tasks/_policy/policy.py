"""``Policy``: what a loop does when life gets in the way, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Final, Literal, TypeAlias, get_args

from typing_extensions import override

from defectio_tasks._policy.durations import parse_duration

Missed: TypeAlias = Literal["one", "all", "skip"]
"""What becomes of missed slots."""
Delivery: TypeAlias = Literal["at_most_once", "at_least_once"]
"""What a ledger guarantees of a slot."""

LEAST_OVERLAP: Final = 2


# Its own `__init__` stays. With `init=False`, jedi 0.20 would show a call without parameters.
@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a loop does about missed slots, slow bodies and failures.

    Pass it as ``policy=``, or assign it to :attr:`Loop.policy`. Each default is what a loop without
    a policy does. One policy may serve many loops, and :func:`dataclasses.replace` makes variants.
    Durations are seconds, or a :class:`datetime.timedelta`; they are read back as seconds.

    Example:
        >>> from dataclasses import replace
        >>> from datetime import timedelta
        >>> import defectio_tasks as tasks
        >>> patient = tasks.Policy(timeout=timedelta(seconds=30), max_failures=None)
        >>> @tasks.loop(minutes=5, policy=replace(patient, retries=3))
        ... async def refresh() -> None: ...
        >>> refresh.policy
        Policy(timeout=30.0, retries=3, max_failures=None)
    """

    missed: Missed = "one"
    """What becomes of slots that could not begin when they were due: the body was at work, the
    event loop blocked, the machine asleep, the clock set, or the loop paused. ``"one"``: the latest
    is run at once. ``"skip"``: none is run, but one that begins within a second of its moment isn't
    missed. ``"all"``: each is run, the oldest first; of more than 10,000 the oldest are skipped."""

    grace: float | None = None
    """How late an iteration may begin, in seconds after its slot (and its jitter); a slot that is
    later is skipped. ``None`` for no limit. Retries don't count."""

    overlap: bool | int = False
    """How many bodies may be at work at once: ``False`` for one, ``True`` for any number, or a
    number from 2 on. At the limit a slot is missed. Each body is a task of its own."""

    timeout: float | None = None
    """After how many seconds an attempt is cancelled, as a ``TimeoutError``; ``None`` for never."""

    retries: int | None = None
    """How many attempts follow the first, after exceptions that are retried; ``None`` for as many
    as it takes. When they are used up, the iteration has failed with the last exception."""

    max_failures: int | None = 1
    """At how many failed iterations in a row the loop ends; ``None`` for never. Before that, a
    failed iteration calls the ``error`` hook, or is reported, and the loop goes on."""

    jitter: float = 0.0
    """An iteration begins at random within so many seconds after its slot."""

    delivery: Delivery = "at_most_once"
    """Whether a slot whose process died is run again; it matters only with a ledger."""

    def __init__(  # noqa: PLR0913 -- a field each
        self,
        *,
        missed: Missed = "one",
        grace: float | timedelta | None = None,
        overlap: bool | int = False,
        timeout: float | timedelta | None = None,
        retries: int | None = None,
        max_failures: int | None = 1,
        jitter: float | timedelta = 0,
        delivery: Delivery = "at_most_once",
    ) -> None:
        """Make a policy.

        Args:
            missed: ``"one"``, ``"all"`` or ``"skip"``: what becomes of missed slots.
            grace: How late an iteration may begin; ``None`` for no limit. An event loop is some
                milliseconds late each time: with 0, hardly an iteration begins.
            overlap: How many bodies may be at work at once: ``False``, ``True``, or at least 2.
            timeout: How long an attempt may take; ``None`` for no limit.
            retries: How many attempts follow the first; ``None`` for no limit.
            max_failures: At how many failed iterations in a row the loop ends; ``None`` for never.
            jitter: How much after its slot an iteration begins at most.
            delivery: ``"at_most_once"`` or ``"at_least_once"``: for loops with a ledger.

        Raises:
            TypeError: Something is of a wrong kind.
            ValueError: Something has a wrong value.
        """
        checked = {
            "missed": _parse_word(missed, "missed", get_args(Missed)),
            "grace": None if grace is None else parse_duration(grace, "grace"),
            "overlap": _parse_overlap(overlap),
            "timeout": _parse_timeout(timeout),
            "retries": _parse_limit(retries, "retries", least=0),
            "max_failures": _parse_limit(max_failures, "max_failures", least=1),
            "jitter": parse_duration(jitter, "jitter"),
            "delivery": _parse_word(delivery, "delivery", get_args(Delivery)),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @override
    def __repr__(self) -> str:
        """Show what makes it again: what is as in a loop without a policy is left out."""
        values = ((field.name, getattr(self, field.name), field.default) for field in fields(self))
        shown = (f"{name}={value!r}" for name, value, default in values if value != default)
        return f"{type(self).__name__}({', '.join(shown)})"


def _parse_word(value: object, parameter: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(map(repr, words[:-1])) + f" or {words[-1]!r}"
    message = f"`{parameter}` must be {listed}, got {value!r}"
    if not isinstance(value, str):
        raise TypeError(message)
    if value not in words:
        raise ValueError(message)
    return value


def _parse_overlap(overlap: object) -> bool | int:
    if isinstance(overlap, bool):
        return overlap
    message = f"`overlap` must be False, True, or an int of at least 2, got {overlap!r}"
    if not isinstance(overlap, int):
        raise TypeError(message)
    if overlap < LEAST_OVERLAP:
        raise ValueError(message)
    return overlap


def _parse_timeout(timeout: object) -> float | None:
    if timeout is None:
        return None
    seconds = parse_duration(timeout, "timeout")
    if seconds == 0:
        message = f"`timeout` must be more than 0, got {timeout!r} (write `None` for no limit)"
        raise ValueError(message)
    return seconds


def _parse_limit(limit: object, parameter: str, *, least: int) -> int | None:
    if limit is None:
        return None
    if not isinstance(limit, int) or isinstance(limit, bool):
        message = f"`{parameter}` must be an int or None, got {limit!r}"
        raise TypeError(message)
    if limit < least:
        message = f"`{parameter}` must be at least {least}, got {limit}"
        raise ValueError(message)
    return limit
