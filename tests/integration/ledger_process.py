"""A process that claims a slot, and settles it when it has lost it; a test runs it."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from defectio_tasks.ledgers import Claim, SqliteLedger


async def main(path: str, slot: str, lease: str) -> None:
    lost = asyncio.Event()
    ledger = SqliteLedger(path, lease=float(lease))
    await ledger.open("digest", "daily")
    claim = await ledger.claim(
        "digest",
        datetime.fromisoformat(slot),
        delivery="at_least_once",
        closes=False,
        lost=lost.set,
    )
    assert isinstance(claim, Claim), claim
    print("claimed", claim.fence, flush=True)  # noqa: T201 -- the test listens
    await lost.wait()
    print("lost", await ledger.settle(claim), flush=True)  # noqa: T201 -- as above
    await ledger.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
