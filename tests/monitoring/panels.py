"""The queries of the dashboards, as Grafana would send them to Prometheus."""

import json
import re
from typing import NamedTuple

from rules import PROJECT

DASHBOARDS = PROJECT / "deploy/grafana/dashboards"

#: What Grafana puts in place of its variables: a rate over at least four scrapes, and all servers.
#: Longest names first, because one begins with another.
VARIABLES = {
    "$__rate_interval": "1m",
    "$__interval": "15s",
    "$__range": "5m",
    "$job": ".+",
    "$instance": ".+",
}


class Query(NamedTuple):
    """One query of a panel or of a variable."""

    dashboard: str
    panel: str
    expression: str
    #: Of the newest moment only, as for tables and numbers.
    instant: bool


def queries():
    """All queries of all panels, in the order of the dashboards and panels."""
    found = []
    for path in sorted(DASHBOARDS.glob("*.json")):
        dashboard = json.loads(path.read_text())
        for panel in all_panels(dashboard["panels"]):
            for target in panel.get("targets", []):
                instant = bool(target.get("instant"))
                found.append(Query(path.stem, panel["title"], substituted(target["expr"]), instant))
    return found


def all_panels(panels):
    """The panels, those in rows that are closed included."""
    for panel in panels:
        yield panel
        yield from all_panels(panel.get("panels", []))


def variables():
    """The metric and label of each variable that is a list of a label's values, by dashboard."""
    found = []
    for path in sorted(DASHBOARDS.glob("*.json")):
        for variable in json.loads(path.read_text())["templating"]["list"]:
            if variable["type"] == "query":
                query = variable["query"] if isinstance(variable["query"], str) else variable["query"]["query"]
                metric, label = re.fullmatch(r"label_values\((.+), *(\w+)\)", query).groups()
                found.append((path.stem, variable["name"], substituted(metric), label))
    return found


def substituted(expression):
    """The expression with Grafana's variables replaced; one that is not known is an error."""
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    if "$" in expression:
        raise ValueError(f"an unknown variable in {expression}")
    return expression
