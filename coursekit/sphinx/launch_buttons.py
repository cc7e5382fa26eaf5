"""Sphinx: buttons open a page's notebook in Colab, Kaggle and Binder."""

import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sphinx.application import Sphinx
from sphinx.errors import ConfigError

from coursekit.sphinx import PARALLEL
from coursekit.sphinx.downloads import offered_notebook

# What `repository.url` holds where _config.yml does not set it.
_NOT_SET = "https://github.com/executablebooks/jupyter-book"
_GITHUB = re.compile(
    r"(?:https://(?:[^@/]+@)?|git@|ssh://git@)github\.com[/:]([\w.-]+)/([\w.-]+?)(?:\.git)?/?"
)


def repository(setting: str, folder: Path) -> tuple[str, str] | None:
    """Give owner and name of the GitHub repository: the setting's, else of git's origin, else None.

    Raises ConfigError where the setting names anything but a GitHub repository.
    """
    if setting and setting != _NOT_SET:
        if not (named := _GITHUB.fullmatch(setting)):
            raise ConfigError(
                f"_config.yml: repository.url is {setting!r}; Colab, Kaggle and Binder open "
                "notebooks from https://github.com/OWNER/NAME only. Name such a repository or "
                "leave the setting out."
            )
        return named.group(1), named.group(2)
    named = _GITHUB.fullmatch(_git(folder, "remote", "get-url", "origin"))
    return (named.group(1), named.group(2)) if named else None


def _git(folder: Path, *arguments: str) -> str:
    """Ask git something about the folder; empty without git, a repository or an answer."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def launch_links(owner: str, name: str, branch: str, notebook: str) -> dict[str, str]:
    """Give the addresses that open a notebook of a GitHub repository, by service."""
    file = f"{owner}/{name}/blob/{quote(branch)}/{quote(notebook)}"
    return {
        "Colab": f"https://colab.research.google.com/github/{file}",
        "Kaggle": f"https://www.kaggle.com/kernels/welcome?src=https://github.com/{file}",
        "Binder": (
            f"https://mybinder.org/v2/gh/{owner}/{name}/{quote(branch, safe='')}"
            f"?urlpath={quote('lab/tree/' + notebook, safe='')}"
        ),
    }


def _find_repository(app: Sphinx) -> None:
    """Find out once where the notebooks are published."""
    options = app.config.html_theme_options
    setting, root = options.get("repository_url", ""), Path(app.srcdir)
    app.course_repository = repository(setting, root)
    published = _git(root, "rev-parse", "--abbrev-ref", "origin/HEAD").removeprefix("origin/")
    chosen = options.get("repository_branch") if setting not in ("", _NOT_SET) else ""
    app.course_branch = chosen or published or "main"
    # Where the book is a subfolder.
    app.course_prefix = _git(root, "rev-parse", "--show-prefix")


def _add_launch_buttons(app: Sphinx, pagename: str, _: str, context: dict[str, Any], *__: Any):
    notebook = offered_notebook(app, pagename)
    if not (app.course_repository and notebook):
        return
    path = app.course_prefix + notebook.relative_to(app.srcdir).as_posix()
    links = launch_links(*app.course_repository, app.course_branch, path)
    buttons = [
        dict(type="link", url=url, text=service, tooltip=f"Open the notebook in {service}")
        for service, url in links.items()
    ]
    group = dict(type="group", tooltip="Run this page", icon="fas fa-rocket", buttons=buttons)
    context["header_buttons"].insert(0, {**group, "label": "launch-buttons"})


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the buttons."""
    app.connect("builder-inited", _find_repository)
    # After the theme's own, which makes the list of buttons.
    app.connect("html-page-context", _add_launch_buttons, priority=900)
    return PARALLEL
