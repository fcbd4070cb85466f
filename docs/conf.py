"""How the site is made of these pages: ``python -m sphinx -W docs build/site``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
# Pictures are made of what the package does, and of what the benchmarks found out.
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

project = "defectio_tasks"
author = "The defectio_tasks authors"
copyright = author  # noqa: A001 -- Sphinx's name for it

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "extension.picture",
    "extension.reference",
    "extension.search",
]

exclude_patterns = ["drawn"]

# Each name that a page refers to must be there.
nitpicky = True
nitpick_ignore_regex = [
    # Private, but in the hints of what is public: type variables, and aliases of hints.
    (r"py:.*", r"defectio_tasks\.(\w+\.)?_.*|.*~[PR]|[PQRSHC]|Observer|_pytest\..*"),
]
# The names of others to which pages refer, in files that one can read: no build needs a network.
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", "inventories/python.inv"),
    "aiohttp": ("https://docs.aiohttp.org/en/stable", "inventories/aiohttp.inv"),
}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

napoleon_numpy_docstring = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
add_module_names = False
python_maximum_signature_line_length = 80

html_theme = "furo"
html_title = "defectio_tasks"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_search_scorer = str(ROOT / "docs" / "scorer.js")
# What people look for, and where they must find it.
search_must_find = {
    "cog_unload": "guides/cog",
    "command line": "command-line",
    "daylight saving time": "explanations/time",
    "exactly once": "explanations/guarantees",
    "going on after an error": "guides/errors",
    "max_failures": "guides/errors",
    "overlap": "guides/overlap",
    "owner's commands": "guides/commands",
    "pause": "guides/control",
    "prometheus": "observers",
    "restart": "guides/restarts",
    "shutdown": "guides/shutdown",
    "two processes": "guides/processes",
    "why did my loop not run": "faq",
}
pygments_style = "friendly"
pygments_dark_style = "monokai"
copybutton_prompt_text = "$ "
