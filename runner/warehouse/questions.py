"""Ready-made questions: one `.sql` file each in `queries/`, whose first comment says what it asks and which values it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from runner.errors import UsageError
from runner.nearest import did_you_mean

QUERIES = Path(__file__).parent / "queries"
_SQL = ("select", "with", "from", "describe", "show")
_VALUE = re.compile(r"([A-Z][A-Z_]*): (.+)")


@dataclass(frozen=True)
class Question:
    """A question: its name, what it asks, the values it takes (name and meaning, in order), and the statement."""

    name: str
    text: str
    takes: tuple[tuple[str, str], ...]
    statement: str

    @property
    def usage(self) -> str:
        """The question as it is typed: `last-passed CELL`."""
        return " ".join((self.name, *(name for name, _ in self.takes)))


def questions(directory: Path = QUERIES) -> tuple[Question, ...]:
    """Return all questions by name."""
    return tuple(read(path.stem, path.read_text(encoding="utf-8")) for path in sorted(directory.glob("*.sql")))


def read(name: str, text: str) -> Question:
    """Return the question that the text of a file is: the first line says what it asks, lines `NAME: meaning` what it takes."""
    comments = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        comments.append(line.removeprefix("--").strip())
    takes = tuple((match[1], match[2]) for comment in comments if (match := _VALUE.fullmatch(comment)))
    said = " ".join(comment for comment in comments if not _VALUE.fullmatch(comment))
    return Question(name, said, takes, text)


def statement_of(words: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """Return the statement that words on a command line stand for, with its values: a question by name, or SQL as one word.

    Raises UsageError for a name that is none, with the nearest, and for values that are missing or too many.
    """
    first, *given = words
    known = {question.name: question for question in questions()}
    if first in known:
        question = known[first]
        if len(given) != len(question.takes):
            meaning = "; ".join(f"{name}: {text}" for name, text in question.takes) or "it takes none"
            raise UsageError(f"query {question.usage}: it takes {len(question.takes)} and got {len(given)}. {meaning}")
        return question.statement, {name.lower(): value for (name, _), value in zip(question.takes, given, strict=True)}
    if not given and len(first.split()) > 1:
        return first, {}
    if given:
        near = did_you_mean(first, tuple(known), most=0)
        # Unquoted SQL is near to some name by chance only.
        near = f"{near} " if near.endswith("?") and first.lower() not in _SQL else ""
        how = "SQL is one word: put it in quotes. `query --list` shows the questions"
        raise UsageError(f"query: there is no question {first!r}; {near}{how}")
    raise UsageError(f"query: there is no question {first!r}; {did_you_mean(first, tuple(known))}. `query --list` shows them all")
