"""A Debian that is booted in a container, with systemd as its first process."""

import contextlib
import ctypes
import os
import re
import subprocess
import time

from ending import end

#: Seconds until it has booted, and until something else that it does is done.
PATIENCE = 60
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "TERM": "dumb",
    "LANG": "C.UTF-8",
}
CLONE_NEWNET = 0x4000_0000


class Machine:
    """Runs during a `with` block. What it writes is kept in memory and gone afterwards, except in `shared`, a
    folder of the host that is its /srv/shared. It has a network of its own, with itself in it alone, and this
    program is in it from then on."""

    def __init__(self, root, shared):
        command = ["systemd-nspawn", "--quiet", f"--directory={root}", "--volatile=overlay", "--machine=origami"]
        command += [f"--bind={shared}:/srv/shared", "--private-network", "--register=no", "--keep-unit"]
        command += ["--console=passive", "--boot"]
        self.log = (shared / "console").open("wb")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        try:
            self.first = self._wait_for_first_process()
            self.run("systemctl is-system-running --wait")
            self._enter_network()
        except BaseException:
            self.stop()
            raise

    def _wait_for_first_process(self):
        """The number that systemd has here, once it takes commands."""
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        for _ in until(PATIENCE):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError, IndexError), open(children) as file:
                first = file.read().split()[0]
                # At first it is a process of this system, with its root, which may have a systemd, too.
                is_inside = os.readlink(f"/proc/{first}/ns/pid") != os.readlink("/proc/self/ns/pid")
                if is_inside and os.path.exists(f"/proc/{first}/root/run/systemd/private"):
                    return first
        with open(self.log.name, errors="replace") as log:
            raise RuntimeError(f"the container does not boot: {log.read()[-2000:]}")

    def _enter_network(self):
        with open(f"/proc/{self.first}/ns/net") as network:
            if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        end(self.process, PATIENCE)
        self.log.close()

    def attempt(self, commands, folder="/root"):
        """The exit status of commands of bash in a folder, and all that they print."""
        command = ["nsenter", "--target", self.first, "--all", "--root", "--wd", "bash", "-euo", "pipefail", "-c"]
        done = subprocess.run(
            [*command, f"cd {folder}\n{commands}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=ENVIRONMENT,
            timeout=5 * PATIENCE,
            # A signal to a group of processes stays in the machine.
            start_new_session=True,
        )
        return done.returncode, done.stdout

    def run(self, commands, folder="/root"):
        """What commands of bash print, which have to succeed."""
        status, output = self.attempt(commands, folder)
        if status:
            raise RuntimeError(f"status {status} of\n{commands}\n{output[-2000:]}")
        return output

    def wait_for(self, what, holds):
        """Waits until `holds()` is true."""
        for _ in until(PATIENCE):
            if found := holds():
                return found
        raise RuntimeError(f"not within {PATIENCE} s: {what}\n{self.run('journalctl --lines 30 --no-pager')}")

    def property(self, name, unit="origami"):
        """A property of a unit."""
        return self.run(f"systemctl show --property {name} {unit}").strip().partition("=")[2]

    def service_log(self):
        """The lines of the service in the journal, without colours."""
        text = self.run("journalctl --unit origami --output cat --no-pager")
        return re.sub(r"\x1b\[[0-9;]*m", "", text)


def until(seconds):
    """Yields every tenth of a second, for `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(0.1)
