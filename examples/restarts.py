"""A bot that is killed in the midst of its work, comes back, and does each slot once.

    python examples/restarts.py

The program starts itself as a bot, in a process of its own, and kills it as `kill -9` does: nothing
of the bot's can clean up. Then it starts it again. All that the bot knows by then is in a file.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import defectio_tasks as tasks
from defectio_tasks.ledgers import SqliteLedger

# A slot that the bot was killed in is begun again, and none that it missed is left out.
POLICY = tasks.Policy(delivery="at_least_once", missed="all", grace=timedelta(minutes=1))
SLOTS = 4


async def be_the_bot(file: str) -> None:
    """Post a digest every second, which takes half of that.

    Args:
        file: Where the bot keeps what it has done.
    """
    # It takes a second until a bot that was killed is known to be gone; 30 are the default.
    async with SqliteLedger(file, lease=1) as ledger:

        @tasks.loop(schedule=tasks.Every(seconds=1), name="digest", ledger=ledger, policy=POLICY)
        async def digest() -> None:
            slot = f"{tasks.current_slot():%H:%M:%S}"
            print("begins", slot, flush=True)
            await asyncio.sleep(0.5)
            print("posted", slot, flush=True)

        await digest.start()


async def main() -> None:
    """Kill the bot in its second digest, and see that each one is posted once all the same."""
    posted = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "ledger.db"))

        print("the bot starts")
        async with aclosing(lines_of_a_bot(file)) as lines:
            async for word, slot in lines:
                if word == "posted":
                    posted[slot] += 1
                elif posted:
                    print("the bot is killed")
                    break

        await asyncio.sleep(1)

        print("the bot starts again")
        async with aclosing(lines_of_a_bot(file)) as lines:
            async for word, slot in lines:
                if word == "posted":
                    posted[slot] += 1
                if posted.total() == SLOTS:
                    break

    for slot, times in sorted(posted.items()):
        print(f"the digest of {slot} was posted {times} x")


async def lines_of_a_bot(file: str) -> AsyncGenerator[tuple[str, str]]:
    """Run a bot, and yield what it says; at the end it is killed."""
    bot = await asyncio.create_subprocess_exec(
        sys.executable, __file__, file, stdout=asyncio.subprocess.PIPE
    )
    assert bot.stdout is not None  # noqa: S101 -- it is a pipe
    try:
        async for line in bot.stdout:
            word, slot = line.decode().split()
            print(f"    {word} {slot}")
            yield word, slot
    finally:
        bot.kill()
        await bot.wait()


if __name__ == "__main__":
    asyncio.run(main() if len(sys.argv) == 1 else be_the_bot(sys.argv[1]))
