"""Comparisons with a reference that is measured in turns with everything else.

The reference is measured immediately before and after whatever is compared with it, and ratios
are against the mean of both, so that a machine that becomes slower or faster affects both.
"""

import statistics
from collections.abc import Callable
from typing import Any, NamedTuple


class Round(NamedTuple):
    """Results of the reference before, of what is compared with it, and of the reference after."""

    before: Any
    own: Any
    after: Any


def alternately(
    reference: Callable[[], Any], others: dict[str, Callable[[], Any]], rounds: int
) -> dict[str, list[Round]]:
    """Measures the reference before each of the others and after the last, `rounds` times."""
    results: dict[str, list[Round]] = {name: [] for name in others}
    before = reference()
    for _ in range(rounds):
        for name, other in others.items():
            own = other()
            after = reference()
            results[name].append(Round(before, own, after))
            before = after
    return results


def ratios(rounds: list[Round], value: Callable) -> list[float]:
    """The ratio of each round's own value to the mean of its two references."""
    return [value(own) / statistics.fmean((value(before), value(after))) for before, own, after in rounds]


def own_median(rounds: list[Round], value: Callable) -> float:
    """The median of the rounds' own values."""
    return statistics.median(value(own) for _, own, _ in rounds)


def reference_median(rounds: list[Round], value: Callable) -> float:
    """The median of the references' values."""
    return statistics.median(value(result) for before, _, after in rounds for result in (before, after))


def spread(values: list[float]) -> str:
    """The median and the range of values, as text."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values are."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
