"""The settings of Sphinx. `make docs` builds the pages into build/docs and takes each warning for an error."""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent), str(DOCS)]

import mwclient_async  # noqa: E402 - found by the line above

project = "mwclient_async"
author = "the developers of mwclient_async"
project_copyright = author
version = release = mwclient_async.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "reference",  # docs/reference.py: a page for each public name
]
exclude_patterns = ["reference.py", "conf.py"]
suppress_warnings = ["ref.python"]  # Python's `type` in an annotation is also the name of many fields
nitpicky = False  # annotations name types of other projects, and their pages are not asked for

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist"]

autodoc_default_options = {"members": True, "undoc-members": True, "exclude-members": "over"}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
napoleon_google_docstring = True
napoleon_custom_sections = [("Arguments", "params_style")]

html_theme = "furo"
html_title = f"mwclient_async {version}"
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_theme_options = {
    "navigation_with_keys": True,
    "light_css_variables": {"code-font-size": "75%"},  # with _static/pages.css: 110 characters of a program fit
}
