"""The machine and the commit that measurements belong to."""

import subprocess


def processor_model():
    """The processor's name, or `unknown`."""
    with open("/proc/cpuinfo") as processors:
        names = (line.split(":")[1].strip() for line in processors if line.startswith("model name"))
        return next(names, "unknown")


def commit():
    """The commit that is checked out, with `-dirty` if files have been changed."""
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()
