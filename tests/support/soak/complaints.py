"""What was found wrong. Whoever finds it tells it here; it is raised where that breaks nothing.

An exception raised in a loop's body, or in a callback of the event loop, would be a loop's failure
and nobody's else. So ledgers, the reader of the log and the event loop only leave word.
"""

from __future__ import annotations

from defectio_tasks.testing import VirtualClock


class Complaints:
    """What was found wrong in one soak."""

    def __init__(self, seed: int, clock: VirtualClock) -> None:
        """Begin without any."""
        self._seed, self._clock = seed, clock
        self._messages: list[str] = []

    def add(self, message: str) -> None:
        """Leave word."""
        self._messages.append(message)

    def raise_any(self) -> None:
        """Fail if somebody has left word; with the first few, which led to the others.

        Raises:
            AssertionError: Somebody has.
        """
        if self._messages:
            first = "\n".join(self._messages[:3])
            message = f"seed {self._seed}: {len(self._messages)} complaints\n{first}"
            raise AssertionError(message)

    def check(self, holds: bool, otherwise: str) -> None:
        """Fail unless something holds; but what was found before is told before.

        Raises:
            AssertionError: It doesn't hold.
        """
        if not holds:
            self.raise_any()
            message = f"seed {self._seed}, after {self._clock.elapsed} s: {otherwise}"
            raise AssertionError(message)
