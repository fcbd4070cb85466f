"""An editor, as far as a language server can tell: one file, a cursor, and questions."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient


@dataclass(frozen=True, slots=True)
class CallHelp:
    """What is shown while the arguments of a call are written."""

    parameters: Sequence[str]
    """Each with its annotation and default."""
    current: str | None
    """The one that is written."""
    result: str
    documentation: str


class Editor:
    """An editor with one Python file."""

    def __init__(self, client: LanguageClient, path: Path) -> None:
        """Open the file, empty."""
        self._client = client
        self._document = types.TextDocumentIdentifier(path.as_uri())
        self._version = 1
        self._lines = [""]
        self._cursor = types.Position(0, 0)
        client.text_document_did_open(
            types.DidOpenTextDocumentParams(
                types.TextDocumentItem(path.as_uri(), types.LanguageKind.Python, self._version, "")
            )
        )

    def write(self, before: str, after: str = "") -> None:
        """Replace the text; the cursor is between the parts."""
        # The protocol counts columns in UTF-16: for these characters, that's the same.
        assert before.isascii()
        lines = before.split("\n")
        self._cursor = types.Position(len(lines) - 1, len(lines[-1]))
        self._lines = (before + after).split("\n")
        self._version += 1
        self._client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._version, self._document.uri),
                [types.TextDocumentContentChangeWholeDocument(before + after)],
            )
        )

    async def complete(self) -> Mapping[str, str]:
        """Ask what may come next: each public name, with its documentation."""
        answer = await self._client.text_document_completion_async(
            types.CompletionParams(self._document, self._cursor)
        )
        items = answer.items if isinstance(answer, types.CompletionList) else answer
        documentation: dict[str, str] = {}
        for item in items or []:
            if not item.label.startswith("_"):
                resolved = await self._client.completion_item_resolve_async(item)
                documentation[item.label] = _text(resolved.documentation)
        return documentation

    async def help_call(self) -> CallHelp:
        """Ask what the call takes whose arguments the cursor is in."""
        answer = await self._client.text_document_signature_help_async(
            types.SignatureHelpParams(self._document, self._cursor)
        )
        assert answer is not None
        [signature] = answer.signatures
        parameters: list[str] = []
        for parameter in signature.parameters or []:
            # It's a place in the signature, since `CAPABILITIES` has `label_offset_support`.
            assert isinstance(parameter.label, tuple)
            parameters.append(signature.label[slice(*parameter.label)])
        number = signature.active_parameter
        if number is None:
            number = answer.active_parameter
        # Beyond them it is none, as where only names may come.
        if number is not None and number >= len(parameters):
            number = None
        return CallHelp(
            parameters,
            None if number is None else parameters[number],
            signature.label.rpartition(" -> ")[2],
            _text(signature.documentation),
        )

    async def hover(self) -> str:
        """Ask what is shown for the name before the cursor; all on one line."""
        answer = await self._client.text_document_hover_async(
            types.HoverParams(self._document, self._on_name())
        )
        assert answer is not None
        assert isinstance(answer.contents, types.MarkupContent)
        text = " ".join(_text(answer.contents).split())
        return text.replace("( ", "(").replace(" )", ")")

    async def go_to_definition(self) -> Sequence[str]:
        """Follow the name before the cursor: to the lines, of this file, where that leads."""
        answer = await self._client.text_document_definition_async(
            types.DefinitionParams(self._document, self._on_name())
        )
        assert isinstance(answer, Sequence)
        lines: list[str] = []
        for place in answer:
            # Not a `LocationLink`: of these `CAPABILITIES` says nothing.
            assert isinstance(place, types.Location)
            assert place.uri == self._document.uri
            lines.append(self._lines[place.range.start.line])
        return lines

    def _on_name(self) -> types.Position:
        # Its last letter: after that begins what follows.
        return types.Position(self._cursor.line, self._cursor.character - 1)


CAPABILITIES = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(configuration=True),
    text_document=types.TextDocumentClientCapabilities(
        completion=types.CompletionClientCapabilities(
            completion_item=types.ClientCompletionItemOptions(
                documentation_format=[types.MarkupKind.Markdown],
                resolve_support=types.ClientCompletionItemResolveOptions(["documentation"]),
            )
        ),
        hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
        signature_help=types.SignatureHelpClientCapabilities(
            signature_information=types.ClientSignatureInformationOptions(
                documentation_format=[types.MarkupKind.Markdown],
                parameter_information=types.ClientSignatureParameterInformationOptions(
                    label_offset_support=True
                ),
                active_parameter_support=True,
            )
        ),
    ),
)
"""What this editor can do: about as much as any."""


@contextlib.asynccontextmanager
async def open_editor(
    *command: str, folder: Path, settings: Mapping[str, Mapping[str, object]]
) -> AsyncGenerator[Editor]:
    """Open a folder, and in it ``bot.py``, with a language server.

    Args:
        *command: Runs the server, which talks over standard input and output.
        folder: The folder.
        settings: The user's settings, by section.
    """

    def configure(params: types.ConfigurationParams) -> list[Mapping[str, object]]:
        return [settings.get(item.section or "", {}) for item in params.items]

    client = LanguageClient("defectio_tasks", "0")
    client.feature(types.WORKSPACE_CONFIGURATION)(configure)
    await client.start_io(*command)
    try:
        await client.initialize_async(
            types.InitializeParams(
                CAPABILITIES,
                # A server that is left behind looks for its editor, and ends when that is gone.
                process_id=os.getpid(),
                workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name)],
            )
        )
        client.initialized(types.InitializedParams())
        yield Editor(client, folder / "bot.py")
        await client.shutdown_async(None)
    finally:
        if not client.stopped:  # as it is when the server has ended by itself
            client.exit(None)
        await client.stop()  # type: ignore[no-untyped-call]  # pygls leaves out its result


def _text(content: types.MarkupContent | str | None) -> str:
    return content.value if isinstance(content, types.MarkupContent) else content or ""
