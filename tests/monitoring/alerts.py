"""Makes every alert fire: breaks servers that a real Prometheus scrapes, and waits for it to notice.

In the rules that it has, a second stands for every minute of the real ones.
"""

import subprocess
import time

import faults.overload  # noqa: F401
import faults.process  # noqa: F401
import faults.storage  # noqa: F401
from faults import FAULTS
from lab import Lab, missing_metrics
from prometheus import Prometheus
from rules import FACTOR, alert_names, faster

#: Seconds until an alert has to fire. The longest of them hold for an hour, which is a minute here.
PATIENCE = 180
#: Seconds for which nothing may fire while all is well.
HEALTHY = 75


def run(checks, binary, packs, folder, only):
    """Causes all alerts, or those of faults and alerts with a word of `only` in their names. Returns
    the lines of the report."""
    fired = {}
    with Prometheus(folder / "prometheus", faster()) as prometheus:
        lab = Lab(binary, packs, folder, prometheus)
        chosen = [fault for fault in FAULTS if not only or any(word in name for word in only for name in names(fault))]
        if not only:
            stay_silent(checks, lab)
        for fault in chosen:
            for alert, seconds in cause(checks, lab, fault).items():
                fired.setdefault(alert, (seconds, fault.what))
    if not only:
        for alert in alert_names():
            checks.check(alert in fired, f"{alert} fired")
    return report(fired, [] if only else [name for name in alert_names() if name not in fired])


def names(fault):
    """What a fault can be chosen by, in lower case too."""
    own = (fault.name, *fault.alerts)
    return own + tuple(name.lower() for name in own)


def stay_silent(checks, lab):
    """A server with viewers and without a fault."""
    job = "origami-healthy"
    print(f"healthy server with viewers for {HEALTHY} s", flush=True)
    with lab.serve(job, lab.packs) as server:
        load = [lab.binary, "bench", "--url", f"http://127.0.0.1:{server.port}", "--viewers", "2"]
        load += ["--duration", f"{HEALTHY}s"]
        viewers = subprocess.Popen(load, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        firing = set()
        time.sleep(2)  # until it is noticed that there is a target
        try:
            while viewers.poll() is None:
                time.sleep(1)
                firing |= lab.prometheus.firing(job)
        finally:
            viewers.kill()
            viewers.wait()
        checks.check(viewers.returncode == 0, "viewers of the healthy server", viewers.returncode)
        checks.check(not firing, "nothing fires while all is well", firing)


def cause(checks, lab, fault):
    """The seconds after which each alert of `fault` fired."""
    job, fired = f"origami-{fault.name}", {}
    print(f"{fault.name}: {fault.what}", flush=True)
    if missing := missing_metrics(lab, fault.needs):
        checks.skip(fault.name, f"the server has no {', '.join(missing)}")
        return fired
    try:
        with fault.make(lab, job):
            started = time.monotonic()
            while len(fired) < len(fault.alerts) and time.monotonic() - started < PATIENCE:
                for alert in lab.prometheus.firing(job) & set(fault.alerts) - set(fired):
                    fired[alert] = time.monotonic() - started
                    print(f"  {alert} after {fired[alert]:.0f} s", flush=True)
                time.sleep(0.25)
            others = lab.prometheus.firing(job) - set(fault.alerts)
    except Exception as error:  # one fault that cannot be made does not stop the others
        checks.check(False, f"{fault.name} stopped", f"{type(error).__name__}: {error}")
        return fired
    if others:
        print(f"  also: {', '.join(sorted(others))}", flush=True)
    for alert in fault.alerts:
        checks.check(alert in fired, f"{fault.name} causes {alert}")
    return fired


def report(fired, not_fired):
    """The table of results, in the order of the rules."""
    lines = [
        f"Time passes {FACTOR} times faster than in alerts.yml: a minute of a window or of `for` is a second,",
        "and everything is scraped and evaluated every second. `fired after` is counted from the fault.",
        "`a changed figure` is a fault that was not made: Prometheus got the metrics of a real server with",
        "that figure changed.",
        "",
        f"{'alert':26} {'fired after':>11}  fault",
    ]
    for alert in (name for name in alert_names() if name in fired):
        seconds, what = fired[alert]
        lines.append(f"{alert:26} {seconds:9.0f} s  {what}")
    lines += [f"{alert:26} {'not':>11}" for alert in not_fired]
    return lines
