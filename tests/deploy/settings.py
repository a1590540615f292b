"""What containers set has to mean something to the server."""

import os

import yaml
from files import DEPLOY
from tools import ran


def run(binary, checks):
    service = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())["services"]["origami"]
    understands(binary, "compose.yaml", ["serve"], service["environment"], checks)
    deployment = yaml.safe_load((DEPLOY / "kustomize/base/deployment.yaml").read_text())
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    arguments = [text.replace("/etc/origami/", f"{DEPLOY}/kustomize/base/") for text in container["args"]]
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    understands(binary, "deployment.yaml with origami.toml", arguments, variables, checks)


def understands(binary, file, arguments, variables, checks):
    """Checks that the server takes these arguments and variables, and warns of none."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("ORIGAMI_")}
    done = ran(binary, *arguments, "--print-config", env={**own, **variables})
    checks.check(done.returncode == 0 and not done.stderr, f"the server understands {file}", done.stderr)
    unused = [name for name in variables if name not in done.stdout]
    checks.check(not unused, f"the server uses all variables of {file}", unused)
