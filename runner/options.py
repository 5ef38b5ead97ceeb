"""The options that commands share: what they are called, what they mean, and what holds where nothing is given."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

Matrix = Annotated[Path, typer.Option(help="the matrix file")]
Profile = Annotated[str | None, typer.Option(help="the profile of the matrix file; the first one when not given")]
Env = Annotated[list[str] | None, typer.Option(help="environments that may take part (glob)")]
From = Annotated[list[str] | None, typer.Option("--from", help="environments that save (glob)")]
To = Annotated[list[str] | None, typer.Option("--to", help="environments that load (glob)")]
Fixtures = Annotated[list[str] | None, typer.Option("--fixture", help="fixtures (glob)")]
Formats = Annotated[list[str] | None, typer.Option("--format", help="formats (glob)")]
Loaders = Annotated[list[str] | None, typer.Option("--loader", help="loaders (glob)")]
EngineName = Annotated[str, typer.Option(envvar="TFMATRIX_ENGINE", help="auto, docker or local")]
Jobs = Annotated[int | None, typer.Option(min=1, max=256, help="agents at once; one for each core when not given")]
Isolated = Annotated[
    str,
    typer.Option(help="shared: loads that pass share a forked child; fork: a child for each cell; process: an interpreter for each cell"),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="run every cell, also those whose outcome is known")]
Sharded = Annotated[str | None, typer.Option("--shard", metavar="I/N", help="only this part of the plan; `merge` puts the parts together")]
Reports = Annotated[Path, typer.Option(help="where runs and artifacts are kept")]
RunId = Annotated[str | None, typer.Argument(help="a run: its id, the beginning of it, or its file; the newest when not given")]
BaselineOption = Annotated[
    str | None, typer.Option("--baseline", help="a baseline file or a run: only news fails; none: not even the baseline of the matrix file")
]

MATRIX = Path("matrix.yaml")
REPORTS = Path("reports")


def front() -> tuple[str, ...]:
    """Return how this program was called: the nox sessions say so, since their users may not have the packages elsewhere."""
    return ("nox", "-s", "runner", "--") if os.environ.get("TFMATRIX_FRONT") == "nox" else ("python", "-m", "runner")


def again() -> tuple[str, ...]:
    """Return the command that was given, as one would type it again."""
    return (*front(), *sys.argv[1:])


def without(command: tuple[str, ...], option: str) -> tuple[str, ...]:
    """Return a command without an option and its value: what is secret is in no record."""
    kept: list[str] = []
    skip = False
    for word in command:
        if skip or word.startswith(f"{option}="):
            skip = False
        elif word == option:
            skip = True
        else:
            kept.append(word)
    return tuple(kept)
