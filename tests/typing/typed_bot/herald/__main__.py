"""Run the bot."""

import logging
import os

from herald.bot import Herald
from herald.cogs.feeds import Feeds
from herald.cogs.reminders import Reminders


def main() -> None:
    """Make the bot and its cogs, and run until Ctrl-C."""
    logging.basicConfig(level=logging.INFO)
    bot = Herald(os.environ["HERALD_CHANNEL"])
    bot.add_cog(Reminders(bot))
    bot.add_cog(Feeds(bot, ["https://example.org/feed"]))
    bot.run(os.environ["HERALD_TOKEN"])


if __name__ == "__main__":
    main()
