"""Measures variants in turns, and compares them with the first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from comparison import percentile
from slides import Variant

#: The samples of each round, by the name of the variant.
Rounds = dict[str, list[list[float]]]


def in_turns(
    variants: list[Variant], rounds: int, measure: Callable[[Variant, int], Any]
) -> dict[str, list[Any]]:
    """What `measure` returns for each variant in each round.

    Rounds begin with one variant after another, so that a machine that becomes slower or faster
    affects all of them.
    """
    results: dict[str, list[Any]] = {variant.name: [] for variant in variants}
    for number in range(rounds):
        first = number % len(variants)
        for variant in [*variants[first:], *variants[:first]]:
            results[variant.name].append(measure(variant, number))
    return results


@dataclass
class Row:
    """A line of the table: a quantile of all rounds' samples, and its ratio to that of the first variant."""

    what: str
    samples: Rounds
    share: float = 0.5
    #: Digits after the point.
    digits: int = 2

    def cells(self) -> list[str]:
        return [self.what, *(self.cell(name) for name in self.samples)]

    def cell(self, name: str) -> str:
        """`12.34: 1.05 (0.98 to 1.10)`: the value, the ratio, the lowest and highest ratio of a round."""
        reference, own = next(iter(self.samples.values())), self.samples[name]
        text = f"{self.of_all(own):,.{self.digits}f}"
        if own is reference or not self.of_all(reference):
            return text
        text += f": {self.of_all(own) / self.of_all(reference):.3f}"
        pairs = zip(map(self.of_round, own), map(self.of_round, reference))
        ratios = [value / base for value, base in pairs if base]
        return f"{text} ({min(ratios):.2f} to {max(ratios):.2f})" if len(ratios) > 1 else text

    def of_all(self, rounds: list[list[float]]) -> float:
        return percentile([sample for samples in rounds for sample in samples], self.share)

    def of_round(self, samples: list[float]) -> float:
        return percentile(samples, self.share)
