"""The sessions of noxfile.py as data, read without importing nox, which the tests' own environment does not have."""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

NOXFILE = Path(__file__).parents[1] / "noxfile.py"


@dataclass(frozen=True)
class Session:
    """A session: its name, its docstring, the command of the runner that it calls ("" for none), and whether it takes an environment."""

    name: str
    text: str
    runner: bool
    command: str
    parametrized: bool


def sessions() -> dict[str, Session]:
    """Return the sessions of the noxfile by name."""
    tree = ast.parse(NOXFILE.read_text(encoding="utf-8"))
    found = [session for node in tree.body if isinstance(node, ast.FunctionDef) and (session := _session(node)) is not None]
    each = _with_one_for_each_environment(tree)
    return {session.name: replace(session, parametrized=session.parametrized or session.name in each) for session in found}


def _with_one_for_each_environment(tree: ast.Module) -> set[str]:
    """Return the sessions beside which there are others named for an environment: `name=f"images({environment})"`."""
    names = [
        keyword.value.values[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "nox.session"
        for keyword in node.keywords
        if keyword.arg == "name" and isinstance(keyword.value, ast.JoinedStr)
    ]
    return {str(name.value).removesuffix("(") for name in names if isinstance(name, ast.Constant)}


def script_metadata() -> dict[str, Any]:
    """Return what the PEP 723 block says."""
    text = NOXFILE.read_text(encoding="utf-8")
    match = re.search(r"(?m)^# /// script$\s(?P<content>(^#(| .*)$\s)+)^# ///$", text)
    assert match is not None, "noxfile.py has no PEP 723 block"
    return tomllib.loads("".join(line[2:] if line.startswith("# ") else line[1:] for line in match["content"].splitlines(keepends=True)))


def _session(function: ast.FunctionDef) -> Session | None:
    marks = [_called(decorator) for decorator in function.decorator_list]
    if not any(name == "nox.session" for name, _ in marks):
        return None
    given = {
        keyword.arg: ast.literal_eval(keyword.value) for name, call in marks if call and name == "nox.session" for keyword in call.keywords
    }
    calls = [
        node for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "runner"
    ]
    words = [argument.value for call in calls for argument in call.args if isinstance(argument, ast.Constant)]
    return Session(
        name=given.get("name", function.name),
        text=ast.get_docstring(function, clean=False) or "",
        runner=bool(calls),
        command=str(words[0]) if words else "",
        parametrized=any(name == "nox.parametrize" for name, _ in marks),
    )


def _called(decorator: ast.expr) -> tuple[str, ast.Call | None]:
    call = decorator if isinstance(decorator, ast.Call) else None
    return ast.unparse(call.func if call else decorator), call
