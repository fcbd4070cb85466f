"""Two processes of one bot that share a file: each digest is posted once, while one is killed.

    python examples/shared.py

The program starts itself twice as a bot. Both have the same loop, and ask the ledger before each
slot. The one that begins the second digest is killed in it; the other one notices, and begins
it again.
"""

import asyncio
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections import Counter
from pathlib import Path

import defectio_tasks as tasks
from defectio_tasks.ledgers import SqliteLedger

# The delay of each slot is drawn by each process, so that they take turns.
POLICY = tasks.Policy(delivery="at_least_once", missed="all", jitter=0.3)
SLOTS = 4


async def be_a_bot(file: str) -> None:
    """Post a digest every second, unless another process does.

    Args:
        file: Where the bots keep what they have done.
    """
    # It takes a second until a bot that was killed is known to be gone; 30 are the default.
    async with SqliteLedger(file, lease=1) as ledger:

        @tasks.loop(schedule=tasks.Every(seconds=1), name="digest", ledger=ledger, policy=POLICY)
        async def digest() -> None:
            slot = f"{tasks.current_slot():%H:%M:%S}"
            print("begins", slot, flush=True)
            await asyncio.sleep(0.4)
            print("posted", slot, flush=True)

        await digest.start()


class Audience:
    """Who sees what all bots say, and kills one of them."""

    def __init__(self) -> None:
        """Begin before anything was said."""
        self.posted = Counter[str]()
        self._killed_in = ""

    async def listen(self, number: int, bot: Process) -> None:
        """Listen to a bot, until it is killed or all was posted."""
        assert bot.stdout is not None  # noqa: S101 -- it is a pipe
        async for line in bot.stdout:
            word, slot = line.decode().split()
            print(f"bot {number} {word} {slot}")
            if word == "posted":
                self.posted[slot] += 1
            elif self.posted and not self._killed_in:
                self._killed_in = slot
                print(f"bot {number} is killed")
                return
            if self.posted.total() >= SLOTS and self._killed_in in self.posted:
                return


async def main() -> None:
    """Run two bots, and see that each digest is posted once."""
    audience = Audience()
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "ledger.db"))
        await asyncio.gather(*(run_a_bot(number, file, audience) for number in (1, 2)))
    for slot, times in sorted(audience.posted.items()):
        print(f"the digest of {slot} was posted {times} x")


async def run_a_bot(number: int, file: str, audience: Audience) -> None:
    """Run a bot for as long as somebody listens, and kill it then, as `kill -9` does."""
    bot = await asyncio.create_subprocess_exec(sys.executable, __file__, file, stdout=PIPE)
    try:
        await audience.listen(number, bot)
    finally:
        bot.kill()
        await bot.wait()


if __name__ == "__main__":
    asyncio.run(main() if len(sys.argv) == 1 else be_a_bot(sys.argv[1]))
