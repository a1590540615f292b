"""The rule files of the project, and copies of them in which time passes faster."""

import re
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "deploy/prometheus"
#: How much faster time passes in the copies: what takes a minute takes a second.
FACTOR = 60

#: A duration where rules have one: a window, an offset or the time that a condition has to hold.
DURATION = re.compile(r"(?P<before>\[|offset |for: )(?P<number>\d+)(?P<unit>[mh])\b")
FASTER = {"m": "s", "h": "m"}


class RuleFile(NamedTuple):
    """A file of rules."""

    name: str
    text: str


def real():
    """The files as they are."""
    return [RuleFile(name, (FOLDER / name).read_text()) for name in ("recording.yml", "alerts.yml")]


def faster():
    """The files with a second for every minute. Names of rules stay, whatever windows they name."""
    return [RuleFile(name, DURATION.sub(_faster_duration, text)) for name, text in real()]


def _faster_duration(match):
    return f"{match['before']}{match['number']}{FASTER[match['unit']]}"


def alert_names():
    """The names of all alerts, in the order of the file."""
    return re.findall(r"^ +- alert: (\w+)$", (FOLDER / "alerts.yml").read_text(), re.MULTILINE)
