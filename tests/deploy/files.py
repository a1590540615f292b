"""What other people's tools say of the files in deploy/, and what has to agree between them."""

import json
import os
import re
import shutil
from pathlib import Path

import rules
import yaml
from tools import ran, tool

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DEPLOY = ROOT / "deploy"
OVERLAYS = sorted(path.parent.name for path in DEPLOY.glob("kustomize/overlays/*/kustomization.yaml"))
#: An old and a new Kubernetes whose schemas the objects are checked against.
KUBERNETES = ("1.27", "1.37")
#: The default of the setting stop_within, in seconds.
STOP_WITHIN = 10
#: The highest exposure that `systemd-analyze security` may find, in tenths.
EXPOSURE = 12


def run(folder, checks):
    """All files. `folder` is for what is made of them."""
    kustomize(folder, checks)
    adapter(folder, checks)
    compose(folder, checks)
    systemd(folder, checks)
    dockerfile(checks)
    times(checks)


def kustomize(folder, checks):
    """Every overlay is rendered, and its objects are checked against schemas and policies."""
    is_current = rules.FILE.read_text() == rules.prometheus_rule()
    checks.check(is_current, "prometheusrule.yaml is what scripts/check-deploy --write writes")
    for overlay in OVERLAYS:
        done = ran(tool("kubectl"), "kustomize", DEPLOY / "kustomize/overlays" / overlay)
        if not checks.check(done.returncode == 0, f"{overlay} is rendered", done.stderr):
            continue
        rendered = folder / f"{overlay}.yaml"
        rendered.write_text(done.stdout)
        objects = list(yaml.safe_load_all(done.stdout))
        own = folder / f"{overlay}-kubernetes.yaml"
        kubernetes = [one for one in objects if not one["apiVersion"].startswith("monitoring.coreos.com/")]
        own.write_text(yaml.safe_dump_all(kubernetes))
        for version in KUBERNETES:
            done = ran(tool("kubernetes-validate"), "--strict", "--kubernetes-version", version, own)
            checks.check(done.returncode == 0, f"{overlay} is valid in Kubernetes {version}", done.stdout, done.stderr)
        operator(overlay, [one for one in objects if one not in kubernetes], checks)
        policies(overlay, rendered, checks)


def operator(overlay, objects, checks):
    """The objects of the Prometheus Operator, against models of their definitions."""
    from cloudcoil.models.prometheus_operator import v1

    for one in objects:
        try:
            model = getattr(v1, one["kind"]).model_validate(one)
            left_out = lost(one, json.loads(model.model_dump_json(by_alias=True, exclude_none=True)))
            checks.check(not left_out, f"{overlay}: {one['kind']} has fields that there are not", left_out)
        except ValueError as error:
            checks.check(False, f"{overlay}: {one['kind']} is valid", error)


def lost(given, kept, path=""):
    """Where `given` has fields that `kept` has not."""
    if isinstance(given, dict) and isinstance(kept, dict):
        parts = [(f"{path}.{name}", part, kept.get(name)) for name, part in given.items()]
    elif isinstance(given, list) and isinstance(kept, list):
        parts = [(f"{path}[{number}]", part, other) for number, (part, other) in enumerate(zip(given, kept))]
    else:
        return [] if kept is not None else [path]
    return [place for where, part, other in parts for place in lost(part, other, where)]


def policies(overlay, rendered, checks):
    """checkov's policies. Those that do not apply are listed with their reasons in checkov.yaml."""
    command = [tool("checkov"), "--config-file", HERE / "checkov.yaml", "--file", rendered]
    done = ran(*command, "--output", "json", env={**os.environ, "LOG_LEVEL": "ERROR"})
    try:
        report = json.loads(done.stdout)
        failed = [(one["check_id"], one["check_name"], one["resource"]) for one in report["results"]["failed_checks"]]
        passed = report["summary"]["passed"]
    except (ValueError, KeyError, TypeError):
        checks.check(False, f"checkov reads {overlay}", done.stdout[-500:], done.stderr[-500:])
        return
    print(f"checkov, {overlay}: {passed} policies hold, {len(failed)} do not", flush=True)
    checks.check(passed > 50 and not failed, f"the policies of checkov hold in {overlay}", failed)


def adapter(folder, checks):
    """What the autoscaler sees of a busy server and of an idle one, by prometheus-adapter's query."""
    values = yaml.safe_load((DEPLOY / "kustomize/components/autoscaling/prometheus-adapter.yaml").read_text())
    query = values["rules"]["custom"][0]["metricsQuery"]
    query = query.replace("<<.GroupBy>>", "pod").replace("<<.LabelMatchers>>", 'namespace="origami"')
    # In 15 s the busy one begins 30 builds, which have waited 3 s in all.
    series = {
        'sum{namespace="origami",pod="busy"}': "0+3x40",
        'count{namespace="origami",pod="busy"}': "0+30x40",
        'sum{namespace="origami",pod="idle"}': "5x40",
        'count{namespace="origami",pod="idle"}': "50x40",
    }
    test = {
        "interval": "15s",
        "input_series": [{"series": f"origami_queue_seconds_{name}", "values": text} for name, text in series.items()],
        "promql_expr_test": [
            {
                "expr": query,
                "eval_time": "8m",
                "exp_samples": [{"labels": '{pod="busy"}', "value": 0.1}, {"labels": '{pod="idle"}', "value": 0}],
            }
        ],
    }
    file = folder / "adapter.yml"
    file.write_text(yaml.safe_dump({"tests": [test]}))
    done = ran(tool("promtool"), "test", "rules", file)
    checks.check(done.returncode == 0, "the autoscaler's metric is the mean wait", done.stdout, done.stderr)


def compose(folder, checks):
    """compose.yaml, with its variables filled in, against the Compose Specification."""
    from compose_spec import PyCompose

    file = DEPLOY / "compose/compose.yaml"
    # podman-compose wants to know the version of podman, which is not needed for this.
    podman = folder / "podman"
    podman.write_text("#!/bin/sh\necho podman version 5.4.0\n")
    podman.chmod(0o755)
    done = ran(tool("podman-compose"), "--podman-path", podman, "--file", file, "config")
    if not checks.check(done.returncode == 0, "podman-compose reads compose.yaml", done.stderr[-1000:]):
        return
    try:
        checks.check(len(PyCompose.from_yaml(done.stdout).service_names()) == 4, "compose.yaml has its services")
    except ValueError as error:
        checks.check(False, "compose.yaml is as the Compose Specification says", error)
    for name, service in yaml.safe_load(file.read_text())["services"].items():
        confined = service["read_only"] and service["cap_drop"] == ["ALL"] and "mem_limit" in service
        checks.check(confined and "privileged" not in service, f"{name} is confined")
        for mount in service["volumes"]:
            source = mount.split(":")[0]
            # What begins otherwise is a volume, or what a variable names.
            if source.startswith(".") and not (file.parent / source).exists():
                checks.check(False, f"{name} mounts something that there is not", source)


def systemd(folder, checks):
    """The units, with a program where the server will be."""
    units = sorted((DEPLOY / "systemd").rglob("*.*"))
    place = folder / "units"
    shutil.copytree(DEPLOY / "systemd", place)
    service = place / "origami.service"
    service.write_text(service.read_text().replace("/usr/local/bin/origami", "/bin/true"))
    found = [place / unit.name for unit in units if unit.suffix in (".service", ".socket")]
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{place}:"}
    done = ran(tool("systemd-analyze"), "verify", "--man=no", *found, env=environment)
    # It also tells of other units of the machine.
    own = [line for line in done.stderr.splitlines() if "origami" in line]
    checks.check(not own, "systemd takes the units", own)
    command = [tool("systemd-analyze"), "security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", service]
    done = ran(*command)
    rating = re.search(r"Overall exposure level for \S+: (\S+ \w+)", done.stdout)
    checks.check(done.returncode == 0 and rating, "the service is confined", done.stdout[-300:], done.stderr[-300:])
    if rating:
        said = re.search(r"systemd-analyze security.*: (\S+ \(\w+\))", service.read_text())[1]
        found = rating[1].replace(" ", " (") + ")"
        checks.check(said == found, "origami.service says its rating", said, found)


def dockerfile(checks):
    """hadolint on the Dockerfile."""
    done = ran(tool("hadolint"), DEPLOY / "Dockerfile")
    checks.check(done.returncode == 0, "hadolint has nothing to say of the Dockerfile", done.stdout, done.stderr)


def seconds(text):
    """A time such as `20s`, as the files write it."""
    return float(re.fullmatch(r"(\d+)s?", str(text))[1])


def times(checks):
    """Whoever stops a server gives it longer than it needs."""
    settings = (DEPLOY / "kustomize/base/origami.toml").read_text()
    drain, stop = (re.search(rf'^{name} = "(.*)"', settings, re.MULTILINE)[1] for name in ("drain", "stop_within"))
    pod = yaml.safe_load((DEPLOY / "kustomize/base/deployment.yaml").read_text())["spec"]["template"]["spec"]
    services = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())["services"]
    unit = (DEPLOY / "systemd/origami.service").read_text()
    to_spare = {
        "deployment.yaml": pod["terminationGracePeriodSeconds"] - seconds(drain) - seconds(stop),
        "compose.yaml": seconds(services["origami"]["stop_grace_period"]) - STOP_WITHIN,
        "origami.service": seconds(re.search(r"^TimeoutStopSec=(.*)", unit, re.MULTILINE)[1]) - STOP_WITHIN,
    }
    short = {name: time for name, time in to_spare.items() if time < 5}
    checks.check(not short, "a server that is stopped has the time that it needs", short)
