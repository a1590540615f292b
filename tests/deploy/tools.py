"""Programs of others."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

#: What scripts/check-deploy has installed comes first; where Debian has daemons is not in every user's path.
PLACES = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin"


def tool(name):
    """The path of a program."""
    path = shutil.which(name, path=PLACES)
    if not path:
        raise RuntimeError(f"{name} is missing (scripts/setup deploy and scripts/check-deploy install it)")
    return path


def ran(*command, **options):
    """The result of a command, with its output as text."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
