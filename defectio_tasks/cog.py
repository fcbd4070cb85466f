"""``Tasks``: commands for the owner of a defectio bot, to see and control its loops in a chat.

Importing this imports defectio; ``import defectio_tasks`` alone doesn't.
"""

# pyright: reportPrivateUsage=false
# The host keeps to itself who owns a bot.

from __future__ import annotations

import sys
import traceback
import weakref
from collections.abc import Awaitable, Callable, Collection, Sequence
from inspect import isawaitable

from defectio.ext import commands
from typing_extensions import override

from defectio_tasks._chat import answers
from defectio_tasks._chat.found import Found, Register
from defectio_tasks._events.observers import observe
from defectio_tasks._loop.statistics import Statistics

__all__ = ("Tasks",)


class Tasks(commands.Cog, description="Show and control the bot's loops."):
    """A cog with commands that show and control all loops: ``bot.add_cog(Tasks(bot))``.

    In a chat, with the bot's prefix before them:

    - ``tasks list``: what all loops do, and have done since this was made.
    - ``tasks next``, ``tasks next NAME``: when each loop is due; the next slots of one.
    - ``tasks pause NAME``, ``tasks resume NAME``: as :meth:`~defectio_tasks.Loop.pause` and
      :meth:`~defectio_tasks.Loop.resume`.
    - ``tasks run NAME``: one iteration now, as :meth:`~defectio_tasks.Loop.trigger`.
    - ``tasks restart NAME``: cancel, and start again with the same arguments; a loop that isn't
      running is started without any.

    ``NAME`` is the name of a loop or the end of it, ``fetch`` for ``News.fetch``. The loops are
    those that run, those of the bot and its cogs, and those that have ended since this was made.

    Example:
        >>> import asyncio
        >>> from defectio.ext import commands
        >>> from defectio_tasks.cog import Tasks
        >>> async def main() -> None:
        ...     bot = commands.Bot("!")
        ...     bot.add_cog(Tasks(bot))
        ...     names = [command.qualified_name for command in bot.walk_commands()]
        ...     print(", ".join(sorted(name for name in names if name.startswith("tasks "))))
        >>> asyncio.run(main())
        tasks list, tasks next, tasks pause, tasks restart, tasks resume, tasks run
    """

    def __init__(
        self,
        bot: commands.Bot,
        *,
        allowed: Callable[[commands.Context], bool | Awaitable[bool]] | None = None,
    ) -> None:
        """Make the cog, and begin to count what loops do, until it is unloaded.

        Args:
            bot: The bot that it will be added to.
            allowed: Returns whether the author of a message may use the commands; it may be a
                coroutine function. Without it the bot's owner may, and nobody else: whom its
                ``owner_id`` or ``owner_ids`` says, or else who has made it, as Revolt says.

        Raises:
            TypeError: ``bot`` isn't a bot with commands, or ``allowed`` can't be called.
        """
        _check(bot, allowed)
        self._bot = bot
        self._allowed = allowed
        self._statistics = Statistics()
        self._register = Register()
        # Also if it is never added to the bot, or never removed, nobody else keeps it.
        self._unobserve = weakref.finalize(self, observe(self._statistics))

    @override
    def cog_unload(self) -> None:
        """Count no further."""
        self._unobserve()

    @override
    async def cog_check(self, ctx: commands.Context, /) -> bool:
        """Check that the author of a message may use the commands.

        Args:
            ctx: The context of the message.

        Raises:
            CheckFailure: They may not.
        """
        if self._allowed is None:
            owners = _owners_of(self._bot)
            if ctx.message.author_id not in owners:
                raise _NotAllowedError(
                    "Only this bot's owner may do that."
                    if owners
                    else "Only this bot's owner may do that, and it doesn't know who that is: its "
                    "code can say `owner_id=`."
                )
        else:
            allowed = self._allowed(ctx)
            if not (await allowed if isawaitable(allowed) else allowed):
                raise _NotAllowedError("You may not do that.")
        return True

    @override
    async def cog_command_error(
        self, ctx: commands.Context, error: commands.CommandError, /
    ) -> None:
        """Answer those who may not use the commands, and print whatever else goes wrong.

        Args:
            ctx: The context of the message.
            error: What went wrong.
        """
        if isinstance(error, _NotAllowedError):
            await ctx.send(str(error))
        elif not ctx.bot.extra_events.get("on_command_error"):
            # So does the host, but not where a cog has this method.
            sys.stderr.write(f"Ignoring exception in command {ctx.command}:\n")
            traceback.print_exception(error)

    @commands.group(name="tasks", invoke_without_command=True, case_insensitive=True)
    async def _tasks(self, ctx: commands.Context) -> None:
        """Show and control the bot's loops."""
        await ctx.send(answers.USAGE)

    @_tasks.command(name="list")
    async def _list(self, ctx: commands.Context) -> None:
        """Show what all loops do, and have done."""
        await ctx.send(answers.show_list(self._statistics, self._loops()))

    @_tasks.command(name="next")
    async def _next(self, ctx: commands.Context, *, name: str = "") -> None:
        """Show when each loop is due, or the next slots of one."""
        if name:
            await self._answer(ctx, name, answers.show_slots)
        else:
            await ctx.send(answers.show_next(self._loops()))

    @_tasks.command(name="pause")
    async def _pause(self, ctx: commands.Context, *, name: str = "") -> None:
        """Begin no further iteration of a loop."""
        await self._answer(ctx, name, answers.pause)

    @_tasks.command(name="resume")
    async def _resume(self, ctx: commands.Context, *, name: str = "") -> None:
        """Resume a paused loop."""
        await self._answer(ctx, name, answers.resume)

    @_tasks.command(name="run")
    async def _run(self, ctx: commands.Context, *, name: str = "") -> None:
        """Run one iteration of a loop now, beside its schedule."""
        await self._answer(ctx, name, answers.run)

    @_tasks.command(name="restart")
    async def _restart(self, ctx: commands.Context, *, name: str = "") -> None:
        """Cancel a loop, and start it again; or start it."""
        await self._answer(ctx, name, answers.restart)

    async def _answer(
        self, ctx: commands.Context, name: str, command: Callable[[Found], str]
    ) -> None:
        await ctx.send(answers.answer(name, self._loops(), command))

    def _loops(self) -> Sequence[Found]:
        return self._register.look((self._bot, *self._bot.cogs.values()), self._statistics)


class _NotAllowedError(commands.CheckFailure):
    """Somebody may not use the commands."""


def _check(bot: object, allowed: object) -> None:
    if not isinstance(bot, commands.Bot):
        message = f"`bot` must be a defectio.ext.commands.Bot, got {bot!r}"
        raise TypeError(message)
    if allowed is not None and not callable(allowed):
        message = f"`allowed` must be a function that takes a context, got {allowed!r}"
        raise TypeError(message)


def _owners_of(bot: commands.Bot) -> Collection[str]:
    """Return the ids of those who own a bot.

    The host's ``is_owner`` knows what the bot was told; otherwise it asks for an application, of
    which Revolt knows nothing, and fails. Revolt says of each bot who has made it.
    """
    if bot.owner_id:
        return [bot.owner_id]
    owner = bot.user and bot.user._bot.owner_id
    return bot.owner_ids or ([owner] if owner else [])
