"""A file system with one read-only file whose reads take as long as a control file says.

    slow_disk.py FILE CONTROL MOUNTPOINT

CONTROL contains the delay of each read in seconds. The mounted file is `slow.origami`.
"""

import errno
import os
import stat
import sys
import time

from fusepy import FUSE, FuseOSError, Operations

NAME = "slow.origami"


class SlowFileSystem(Operations):
    """The operations of the file system."""

    def __init__(self, file, control):
        self.file, self.control = os.open(file, os.O_RDONLY), control

    def getattr(self, path, fh=None):
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
        if path != "/" + NAME:
            raise FuseOSError(errno.ENOENT)
        status = os.fstat(self.file)
        return {
            "st_mode": stat.S_IFREG | 0o644,
            "st_nlink": 1,
            "st_size": status.st_size,
            "st_mtime": status.st_mtime,
            "st_uid": os.getuid(),
        }

    def readdir(self, path, fh):
        return [".", "..", NAME]

    def open(self, path, flags):
        return 0

    def read(self, path, size, offset, fh):
        with open(self.control) as control:
            time.sleep(float(control.read() or 0))
        return os.pread(self.file, size, offset)


if __name__ == "__main__":
    file, control, mountpoint = sys.argv[1:]
    FUSE(SlowFileSystem(file, control), mountpoint, foreground=True, ro=True)
