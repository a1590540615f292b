"""server.md: the service under a real systemd, its settings, sockets and upgrades."""

import resource
import time

from viewers import TILES, Site

#: Upgrades and restarts under load, each.
TIMES = 20
#: Requests of the load before and after each of them.
REQUESTS = 100
FILE = "/etc/origami/origami.toml"
#: What the log says after SIGHUP.
RELOADED = "settings read again"
#: How many files a process may open on this machine at most, and so in the container.
HARD_LIMIT = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def sandbox(machine, site, checks):
    """What the process may do, after a start without complaints."""
    machine.wait_for("the demo slide", lambda: site.status(TILES[0]) == 200)
    checks.check(machine.property("ActiveState") == "active", "the service is active")
    process = machine.property("MainPID")
    status = dict(
        line.split(":\t", 1) for line in machine.run(f"cat /proc/{process}/status").splitlines() if ":\t" in line
    )
    checks.check(int(status["CapEff"], 16) == 0 == int(status["CapBnd"], 16), "it has no capabilities", status)
    checks.check(status["NoNewPrivs"] == "1", "it gets no privileges", status["NoNewPrivs"])
    checks.check(status["Seccomp"] == "2", "its system calls are filtered", status["Seccomp"])
    user = status["Uid"].split("\t")[0]
    checks.check(user != "0", "it is not root", user)
    limit = machine.run(f"grep 'open files' /proc/{process}/limits").split()
    checks.check(int(limit[-2]) == min(65536, HARD_LIMIT), "it may open as many files as the unit says", limit)
    for path in ("/srv/origami/packs/written", "/usr/written", "/etc/origami/written", "/var/lib/written"):
        status, output = machine.attempt(f"nsenter --target {process} --mount --setuid {user} --setgid {user} touch {path}")
        is_refused = "Read-only file system" in output or "Permission denied" in output
        checks.check(status and is_refused, f"it cannot write {path}", output)
    for target in TILES:
        checks.check(site.status(target) == 200, f"{target} is served", site.status(target))
    log = machine.service_log()
    complaints = [line for line in log.splitlines() if " WARN " in line or " ERROR " in line]
    checks.check(not complaints, "it starts without a warning", complaints)


def settings(machine, site, checks):
    """The file and the environment, SIGHUP, and a file with a mistake."""
    result = "origami_config_last_reload_successful"
    machine.run(f"""printf 'queue_wait = "3s"\\n' >{FILE}; systemctl reload origami""")
    machine.wait_for("a reload", lambda: RELOADED in machine.service_log())
    checks.check(site.metric(result) == 1, "a file that is right can be read again")
    machine.run(f"""printf 'queue_wait = "soon"\\n' >{FILE}; systemctl reload origami""")
    machine.wait_for("word of the broken file", lambda: site.metric(result) == 0)
    log = machine.service_log()
    checks.check("origami.toml:1: queue_wait" in log, "the log names the line of the mistake", log[-500:])
    checks.check(machine.property("ActiveState") == "active", "a broken file stops nothing")
    machine.run(f"rm {FILE}; systemctl reload origami")
    machine.wait_for("the reload without a file", lambda: site.metric(result) == 1)
    machine.run("echo ORIGAMI_WORKERS=3 >/etc/default/origami; systemctl restart origami")
    machine.wait_for("the server with three workers", lambda: site.status("/readyz") == 200)
    checks.check(site.metric("origami_workers") == 3, "the environment file is read", site.metric("origami_workers"))
    machine.run("rm /etc/default/origami; systemctl restart origami")
    machine.wait_for("the server as it was", lambda: site.status("/readyz") == 200)


def killed(machine, site, checks):
    """systemd starts a server again that was killed."""
    before = machine.property("MainPID")
    machine.run(f"kill -KILL {before}")
    machine.wait_for("another process", lambda: machine.property("MainPID") not in (before, "0"))
    machine.wait_for("its answers", lambda: site.status("/readyz") == 200)
    checks.check(machine.property("NRestarts") == "1", "a killed server comes back", machine.property("NRestarts"))


def from_repository(machine, page, site, unpacked, checks):
    """The same service, installed from where it was built."""
    machine.run(f"install -D {unpacked}/bin/origami target/release/origami; cp -r {unpacked}/deploy {unpacked}/packs .")
    page.run("install -D -m 0755 target/release/origami", machine)
    checks.check(site.status(TILES[0]) == 200, "installing it over a running one disturbs nobody")


def report(load, what, started, checks):
    """Says how many requests there were since `started`, and checks that none failed."""
    rate = load.done / (time.monotonic() - started)
    print(f"{TIMES} {what}: {load.done} requests, {rate:.0f} a second, {len(load.failures)} failed", flush=True)
    checks.check(not load.failures, f"{what} fail no request", load.failures[:5])


def upgrades(machine, page, site, unpacked, checks):
    """The commands of the page under load, again and again, and a program that does not start."""
    commands = "install -m 0755 new/origami"
    machine.run(f"mkdir -p new && cp {unpacked}/bin/origami new/")
    started = time.monotonic()
    with site.load() as load:
        for _ in range(TIMES):
            load.wait_for(REQUESTS)
            before = machine.property("MainPID")
            page.run(commands, machine)
            machine.wait_for("the new process", lambda: machine.property("MainPID") != before)
            machine.wait_for("the end of the old one", lambda: machine.attempt(f"kill -0 {before}")[0] != 0)
        load.wait_for(REQUESTS)
    report(load, "upgrades", started, checks)
    checks.check(machine.property("ActiveState") == "active", "systemd follows the upgraded process")
    before = machine.service_log().count(RELOADED)
    machine.run("systemctl reload origami")
    machine.wait_for("a reload by the upgraded process", lambda: machine.service_log().count(RELOADED) > before)

    before = machine.property("MainPID")
    machine.run("printf '#!/bin/sh\\nexit 1\\n' >new/origami; chmod +x new/origami")
    page.run(commands, machine)
    failed = 'origami_upgrades_total{result="failed"}'
    machine.wait_for("the failed upgrade", lambda: site.metric(failed) == 1)
    checks.check(machine.property("MainPID") == before, "a program that does not start changes nothing")
    machine.run(f"cp {unpacked}/bin/origami new/; install -m 0755 new/origami /usr/local/bin/origami.new")
    machine.run("mv /usr/local/bin/origami.new /usr/local/bin/origami")


def sockets(machine, page, site, unpacked, checks):
    """systemd holds the ports, and restarts refuse nobody. Returns the site with a port for operators."""
    page.run("install -m 0644 deploy/systemd/origami.socket", machine, unpacked)
    machine.wait_for("the server behind its socket", lambda: site.status(TILES[0]) == 200)
    started = time.monotonic()
    with site.load() as load:
        for _ in range(TIMES):
            load.wait_for(REQUESTS)
            machine.run("systemctl restart origami")
        load.wait_for(REQUESTS)
    report(load, "restarts with a socket", started, checks)

    machine.run("install -m 0644 deploy/systemd/origami-admin.socket /etc/systemd/system/", unpacked)
    machine.run("systemctl daemon-reload; systemctl stop origami; systemctl enable --now origami-admin.socket")
    machine.run("systemctl start origami")
    apart = Site(operators=8081)
    machine.wait_for("the server behind both sockets", lambda: apart.status("/readyz", 8081) == 200)
    checks.check(apart.status("/metrics", 8081) == 200, "metrics are at the operators' port")
    checks.check(apart.status("/metrics") == 404, "and at no other", apart.status("/metrics"))
    return apart


def credentials(machine, site, unpacked, checks):
    """Settings that only the service can read, as the comment of credentials.conf says."""
    machine.run(
        "printf 'workers = 3\\n' >origami.toml\n"
        "install -D -m 0600 origami.toml /etc/credstore/origami.toml\n"
        "install -D -m 0644 deploy/systemd/origami.service.d/credentials.conf "
        "/etc/systemd/system/origami.service.d/credentials.conf\n"
        "systemctl daemon-reload\nsystemctl restart origami",
        unpacked,
    )
    machine.wait_for("the server with credentials", lambda: site.status("/readyz", site.operators) == 200)
    checks.check(site.metric("origami_workers") == 3, "settings come from a credential", site.metric("origami_workers"))
    for file in ("/etc/credstore/origami.toml", "/run/credentials/origami.service/origami.toml"):
        machine.run(f"test -s {file}")
        status, output = machine.attempt(f"setpriv --reuid nobody --regid nogroup --clear-groups cat {file}")
        checks.check(status and "Permission denied" in output, f"nobody else reads {file}", output)


def stopped(machine, checks):
    """The service ends by itself, and well."""
    machine.run("systemctl stop origami.socket origami-admin.socket origami")
    checks.check(machine.property("Result") == "success", "it stops cleanly", machine.property("Result"))
    checks.check(machine.property("ActiveState") == "inactive", "it is stopped", machine.property("ActiveState"))
