"""The end of a process."""

import subprocess


def end(process, patience):
    """Asks a process to end with SIGTERM, and waits. It is killed after `patience` seconds."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
