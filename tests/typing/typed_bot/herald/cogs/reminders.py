"""Reminders, with commands to steer them."""

from collections.abc import Callable
from datetime import timedelta
from typing import ParamSpec

from defectio.ext import commands
from typing_extensions import override

import defectio_tasks as tasks
from herald.bot import Herald
from herald.schedules import office_hours

P = ParamSpec("P")


def launch(loop: tasks.Loop[P, object], *args: P.args, **kwargs: P.kwargs) -> Callable[[], None]:
    """Start a loop unless it runs, and give back what stops it."""
    if not loop.is_running():
        loop.start(*args, **kwargs)
    return loop.stop


class Reminders(commands.Cog):
    """Reminds people of what they forget."""

    def __init__(self, bot: Herald) -> None:
        self.bot = bot
        self.stop_drinking = launch(self.drink, "water", glasses=2)
        bot.register(self.drink)

    @tasks.loop(schedule=office_hours(), count=100)
    async def drink(self, what: str, glasses: int = 1) -> str:
        """Remind of drinking."""
        text = f"time for {glasses} x {what}"
        await self.bot.post(text)
        return text

    @drink.before_loop
    async def before_drink(self) -> None:
        """Wait for the bot."""
        await self.bot.wait_until_ready()

    @commands.command(name="drink")
    async def change_drink(self, ctx: commands.Context, what: str) -> None:
        """Change what to drink."""
        self.drink.restart(what)
        await ctx.send(f"{what} it is")

    @commands.command()
    async def every(self, ctx: commands.Context, minutes: int) -> None:
        """Change how often."""
        self.drink.change_interval(minutes=minutes)
        interval = timedelta(minutes=self.drink.minutes or 0)
        await ctx.send(f"every {interval}, next at {self.drink.next_iteration}")

    @commands.command()
    async def status(self, ctx: commands.Context) -> None:
        """Tell what runs."""
        lines = [f"{name}: {loop.is_running()}" for name, loop in self.bot.loops.items()]
        await ctx.send("\n".join(lines))

    @every.error
    async def every_error(self, ctx: commands.Context, error: Exception) -> None:
        """Explain what went wrong."""
        await ctx.send(f"I need a number of minutes: {error}")

    @override
    def cog_unload(self) -> None:
        """Stop with the cog."""
        self.stop_drinking()
