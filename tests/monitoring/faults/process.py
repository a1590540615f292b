"""Faults of the process: it ends, is not ready, restarts, or is not the one that was meant."""

import os
import shutil
import signal
import stat
import time

from faults import fault
from lab import repeatedly
from prometheus import free_port
from server import Server

#: Seconds of a server that is killed again and again: some scrapes, which are a second apart, see it.
LIFE = 3


@fault("no target at all", "OrigamiAbsent")
def no_target(lab, job):
    yield


@fault("the server killed, its target left", "OrigamiDown")
def killed(lab, job):
    with lab.serve(job, lab.packs) as server:
        server.process.kill()
        yield


@fault("the folder of packs renamed", "OrigamiNotReady", needs=("origami_ready",))
def folder_gone(lab, job):
    packs = lab.copy_packs(job)
    with lab.serve(job, packs):
        packs.rename(packs.with_name(f"{job}-elsewhere"))
        yield


@fault(f"kill -9 every {LIFE} s, and a new server at the same address", "OrigamiRestarting")
def restarted(lab, job):
    port = free_port()

    def life():
        with Server(lab.binary, lab.packs, port=port) as server:
            time.sleep(LIFE)
            server.process.kill()

    # The address stays, as that of a restarted service does: Prometheus takes seconds to find a new one.
    with repeatedly(life, 0), lab.scraped(job, port):
        yield


@fault("a changed figure: one panic (no known request causes one)", "OrigamiWorkerPanics")
def panic(lab, job):
    with lab.changed_figure(job, lab.packs, r"^origami_worker_panics_total 0$", "origami_worker_panics_total 1"):
        yield


@fault("a changed figure: another version on one of two servers", "OrigamiVersionsDiffer")
def versions(lab, job):
    with lab.serve(job, lab.packs, instance="b"):
        with lab.changed_figure(job, lab.packs, r'(?<=_build_info\{version=")[^"]+', "0.0.0"):
            yield


@fault(
    "SIGHUP with a misspelled setting",
    "OrigamiReloadFailed",
    needs=("origami_config_last_reload_successful",),
)
def broken_reload(lab, job):
    settings = lab.folder / f"{job}.toml"
    settings.write_text("workers = 1\n")
    with lab.serve(job, lab.packs, "--config", str(settings)) as server:
        settings.write_text("worker = 1\n")
        server.process.send_signal(signal.SIGHUP)
        yield


@fault("SIGUSR2 after the program was replaced by one that ends at once", "OrigamiUpgradeFailed", needs=("origami_upgrades_total",))
def broken_upgrade(lab, job):
    program = lab.folder / f"{job}-origami"
    shutil.copy(lab.binary, program)
    with lab.serve(job, lab.packs, binary=str(program)) as server:
        broken = program.with_suffix(".new")
        broken.write_text("#!/bin/sh\nexit 1\n")
        broken.chmod(stat.S_IRWXU)
        broken.replace(program)
        server.process.send_signal(signal.SIGUSR2)
        yield


@fault(
    "an access log into a pipe that nobody reads",
    "OrigamiLogLinesDropped",
    needs=("origami_log_lines_dropped_total",),
)
def unread_log(lab, job):
    reader, writer = os.pipe()
    try:
        with lab.serve(job, lab.packs, "--access-log", "json", stdout=writer) as server:
            with repeatedly(lambda: server.get("/healthz"), 0):
                yield
    finally:
        os.close(reader)
        os.close(writer)


@fault("traces for a collector that does not exist", "OrigamiSpansDropped", needs=("origami_trace_spans_total",))
def no_collector(lab, job):
    with lab.serve(job, lab.packs, "--otlp", "http://127.0.0.1:9", "--otlp-sample", "1") as server:
        with repeatedly(lambda: server.get("/slides"), 0.02):
            yield
