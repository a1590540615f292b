"""The rules of deploy/prometheus as an object of the Prometheus Operator."""

from pathlib import Path

import yaml

PROMETHEUS = Path(__file__).parents[2] / "deploy/prometheus"
FILE = Path(__file__).parents[2] / "deploy/kustomize/components/prometheus-operator/prometheusrule.yaml"
COMMENT = "# Made of deploy/prometheus/*.yml by `scripts/check-deploy --write`; change those instead.\n"


class Text(str):
    """A text of several lines, which is written as such."""


yaml.SafeDumper.add_representer(
    Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
)


def readable(value):
    """`value` with its texts of several lines marked as such."""
    if isinstance(value, dict):
        return {name: readable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [readable(part) for part in value]
    return Text(value) if isinstance(value, str) and "\n" in value else value


def prometheus_rule():
    """The text of the object: all groups of all files of rules."""
    files = [PROMETHEUS / name for name in ("recording.yml", "alerts.yml")]
    groups = [group for file in files if file.exists() for group in yaml.safe_load(file.read_text())["groups"]]
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "origami"},
        "spec": {"groups": readable(groups)},
    }
    return COMMENT + yaml.safe_dump(rule, sort_keys=False, width=110, allow_unicode=True)
