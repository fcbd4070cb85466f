"""Which zones are the same one, and which can be used. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime, timezone, tzinfo


def zone_identity(zone: tzinfo) -> Hashable:
    """Return what makes a zone the same as another one.

    Zones themselves won't do as keys: ``ZoneInfo`` objects of one name can be different objects
    (unpickled ones, or those of ``ZoneInfo.no_cache``), and others need not be hashable.
    """
    if isinstance(zone, timezone):
        return zone.utcoffset(None)
    # Not at the top, see `stretch_at`.
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    # A class derived may have rules of its own, and so has a zone read from a file, whatever its
    # key: it can be told by that it can't be pickled.
    if type(zone) is not ZoneInfo:
        return id(zone)
    try:
        zone.__reduce__()
    except Exception:  # noqa: BLE001 -- a `PicklingError`, whose import takes milliseconds
        return id(zone)
    return zone.key


def check_zone(zone: tzinfo | None, where: str) -> None:
    """Check that a zone can be used for wall times.

    Args:
        zone: The zone; ``None`` is UTC.
        where: Where the user passed it, for messages.

    Raises:
        ValueError: It is one of pytz whose offset changes, or doesn't tell its offset.
    """
    if zone is None:
        return
    # Alone, such a zone of pytz answers with an offset of long ago, or with none. `pytz.utc` and
    # others that never change their offset do tell it.
    if hasattr(zone, "localize") and zone.utcoffset(None) is None:
        name = getattr(zone, "zone", zone)
        message = (
            f"`{where}` must not have a zone from pytz whose offset changes: they don't work in a "
            f'datetime.time, write `zoneinfo.ZoneInfo("{name}")`, got {zone!r}'
        )
        raise ValueError(message)
    if not _tells_offset(zone):
        message = (
            f"`{where}` must have a zone that tells its offset from UTC: "
            f"write `zoneinfo.ZoneInfo(...)` or `datetime.timezone(...)`, got {zone!r}"
        )
        raise ValueError(message)


def _tells_offset(zone: tzinfo) -> bool:
    try:
        return datetime(2000, 1, 1, tzinfo=zone).utcoffset() is not None
    except NotImplementedError:
        # The abstract `datetime.tzinfo` answers so.
        return False
