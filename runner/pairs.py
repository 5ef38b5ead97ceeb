"""Who saves for whom: rules -> pairs of producer and consumer. Pure.

The order of environments is that of their TensorFlow versions. Every rule keeps the diagonal of the producers, which is
the control: an artifact that its own producer cannot read says nothing about the consumer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from packaging.version import Version

from runner.model import Environment


@dataclass(frozen=True)
class PairRule:
    """A word, or (`lists`) every environment of `from_` with every one of `to`, given as ids."""

    kind: Literal["all", "upgrades", "downgrades", "neighbours", "lists"]
    from_: tuple[str, ...] = ()
    to: tuple[str, ...] = ()


Pairs = tuple[PairRule, ...]
"""The pairs that any of the rules gives."""

ALL: Pairs = (PairRule("all"),)


def pairs_of(environments: Sequence[Environment], rules: Pairs) -> tuple[tuple[str, str], ...]:
    """Return (producer, consumer) ids in the order of `environments`."""
    versions = {environment.id: version_of(environment) for environment in environments}
    ranks = {version: rank for rank, version in enumerate(sorted(set(versions.values())))}
    rank = {id_: ranks[version] for id_, version in versions.items()}
    return tuple(
        (producer.id, consumer.id)
        for producer in environments
        for consumer in environments
        if any(_chosen(rule, producer.id, consumer.id, rank[consumer.id] - rank[producer.id]) for rule in rules)
    )


def _chosen(rule: PairRule, producer: str, consumer: str, step: int) -> bool:
    match rule.kind:
        case "all":
            return True
        case "upgrades":
            return step >= 0
        case "downgrades":
            return step <= 0
        case "neighbours":
            return abs(step) <= 1
        case "lists":
            return producer in rule.from_ and (consumer in rule.to or consumer == producer)


def version_of(environment: Environment) -> Version:
    """Return the TensorFlow version by which environments are ordered."""
    if environment.pinned:
        return Version(environment.tensorflow)
    # What follows a channel and has no lock yet is newer than all releases, nightly builds last.
    return Version("9999.1" if environment.channel == "newest" else "9999.0")
