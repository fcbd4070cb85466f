"""Messages that are no longer than the server takes."""

from __future__ import annotations

import pytest

from defectio_tasks._chat.message import LIMIT, in_block, in_line, plain


def test_a_block() -> None:
    assert in_block(["one", "two"]) == "```\none\ntwo\n```"
    assert in_block(["one"], above="Above:", below="Below.") == "Above:\n```\none\n```\nBelow."


@pytest.mark.parametrize("char", ["x", "é", "…", "🕗"])
@pytest.mark.parametrize("below", ["", "Below."])
def test_what_has_no_room_is_counted(char: str, below: str) -> None:
    """Revolt's server counts the bytes of UTF-8."""
    message = in_block([char * 10] * 1_000, above="Above:", below=below, of="loops")
    assert LIMIT - 50 < len(message.encode()) <= LIMIT
    *kept, note = message.removeprefix("Above:\n```\n").rpartition("\n```")[0].split("\n")
    assert set(kept) == {char * 10}
    assert note == f"(no room for {1_000 - len(kept)} more loops)"


@pytest.mark.parametrize("above", ["", "Above:"])
@pytest.mark.parametrize("below", ["", "Below."])
def test_what_just_fits_is_all_there(above: str, below: str) -> None:
    room = LIMIT - len(in_block([""], above=above, below=below))
    assert len(in_block(["x" * room], above=above, below=below)) == LIMIT
    cut = in_block(["x" * (room + 1)], above=above, below=below)
    assert "(no room for 1 more lines)" in cut
    assert "x" not in cut


def test_a_text_means_nothing_to_a_chat() -> None:
    """V5: no name breaks out of a block of code."""
    assert in_line("News.fetch") == "`News.fetch`"
    assert in_line("a`b\n```\x1b[31m") == r"`a'b\n'''\x1b[31m`"


def test_a_long_text_ends_in_an_ellipsis() -> None:
    assert plain("x" * 5, 5) == "xxxxx"
    assert plain("x" * 6, 5) == "xxxx…"
    assert plain("\n" * 5, 5) == r"\n\n…"
    assert in_line("x" * 81) == f"`{'x' * 79}…`"
