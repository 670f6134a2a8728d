"""Sphinx: everything is built offline; the examples are run and rendered."""

import os
import shutil
from pathlib import Path

import causalsim

HERE = Path(__file__).parent

# Pages show figures as notebooks do, also where the tests around them draw to nowhere.
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"

# Sphinx reads below docs/ only, so that the examples are copied in before it looks.
shutil.copytree(HERE.parent / "examples", HERE / "examples", dirs_exist_ok=True)

project = "causalsim"
author = "The causalsim developers"
project_copyright = "2026, the causalsim developers"
release = causalsim.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["conf.py", "_build", "jupyter_execute", "examples/__pycache__"]
html_theme = "furo"
html_title = "causalsim"
html_static_path = ["_static"]
html_css_files = ["outputs.css"]

autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_google_docstring = True
napoleon_numpy_docstring = False

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_custom_formats = {".py": ["jupytext.reads", {"fmt": "py:percent"}]}
nb_execution_mode = "cache"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_output_stderr = "remove"
suppress_warnings = ["mystnb.unknown_mime_type"]
