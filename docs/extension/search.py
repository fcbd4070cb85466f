"""What the site's search must find: a warning says what it doesn't."""

from __future__ import annotations

from collections.abc import Mapping

from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.util.logging import getLogger

logger = getLogger(__name__)


def setup(app: Sphinx) -> dict[str, object]:
    """Take part in a build.

    Args:
        app: The build.
    """
    app.add_config_value("search_must_find", {}, "")
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def check(app: Sphinx, error: Exception | None) -> None:
    """Search as the page does: for pages that have each word, in the text or in a title."""
    indexer = getattr(app.builder, "indexer", None)
    if error is not None or not isinstance(app.builder, StandaloneHTMLBuilder) or indexer is None:
        return
    index = indexer.freeze()
    for query, page in app.config.search_must_find.items():
        number = index["docnames"].index(page)
        words = [word.lower() for word in indexer.lang.split(query)]
        for word in words:
            stem = indexer.lang.stem(word)
            if indexer.lang.word_filter(stem) and not (
                _has(index["terms"], stem, number) or _has(index["titleterms"], stem, number)
            ):
                logger.warning("search for %r doesn't find %s: no %r there", query, page, word)


def _has(terms: Mapping[str, int | list[int]], term: str, number: int) -> bool:
    """Return whether a page, by its number, has a term; a single number stands for itself."""
    found = terms.get(term, [])
    return number in (found if isinstance(found, list) else [found])
