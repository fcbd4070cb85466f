"""The delay before a retry: exponential back-off with full jitter. Pure."""

from __future__ import annotations

from typing import Final

# 2**10 s is where the host's own reconnection stops growing too.
MAX_EXPONENT: Final = 10
LONGEST: Final = 2.0**MAX_EXPONENT


def delay_before(attempt: int, jitter: float) -> float:
    """Return how long to wait before a retry.

    Args:
        attempt: Which retry in a row it is, from 1.
        jitter: Where in the range the delay falls, from 0 (at once) to 1 (the whole range).
            Random jitter keeps bots that lost the same server from coming back all at once.

    Returns:
        Seconds, at most ``2**attempt`` and never more than ``2**10``.
    """
    # The exponent is limited, not the power, which would have no end of digits.
    whole = LONGEST if attempt > MAX_EXPONENT else 2.0**attempt
    return whole * jitter
