"""Runs a program and prints what it used: `measured.py FILE SECONDS PROGRAM ARGUMENT...`. FILE gets the
exit status (negative: the signal that ended it), the seconds, and the most memory at a time in KiB.

A process of its own, because the memory of a child begins with that of its parent: this one is
small."""

import os
import sys
import time


def main():
    report, limit, *command = sys.argv[1:]
    begun = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ)
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        seconds = time.monotonic() - begun
        if ended:
            break
        if seconds > float(limit):
            os.kill(pid, 9)
        time.sleep(0.002)
    with open(report, "w") as file:
        print(os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss, file=file)


if __name__ == "__main__":
    main()
