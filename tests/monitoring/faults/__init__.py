"""Faults that are made for real, and the alerts that each has to cause.

A fault is a generator: it breaks something, yields while the alerts are awaited, and cleans up.
"""

import contextlib
from collections.abc import Callable
from typing import NamedTuple


class Fault(NamedTuple):
    """Something that goes wrong."""

    name: str
    #: What is done, for the table of results.
    what: str
    alerts: tuple[str, ...]
    #: Metrics without which the server cannot show it.
    needs: tuple[str, ...]
    #: Begins it for a job, as a context manager: make(lab, job).
    make: Callable


FAULTS = []


def fault(what, *alerts, needs=()):
    """Registers the function below as a fault."""

    def register(function):
        name = function.__name__.replace("_", "-")
        FAULTS.append(Fault(name, what, alerts, needs, contextlib.contextmanager(function)))
        return function

    return register
