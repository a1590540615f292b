"""install.md: the archive, the service, and another release in its place."""

import shutil


def run(machine, page, archive, shared, checks):
    """Leaves the unpacked folder's path on the machine, where later pages find it."""
    shutil.copy(archive, shared)
    shutil.copy(archive.parent / "SHA256SUMS", shared)
    output = page.run("sha256sum --check", machine, "/srv/shared")
    checks.check(f"{archive.name}: OK" in output, "the checksum of the archive is right", output)
    checks.check(output.splitlines()[-1].startswith("origami "), "the program is on the path", output)
    unpacked = f"/srv/shared/{archive.name.removesuffix('.tar.gz')}"

    page.run("origami demo", machine, unpacked)
    page.run("install -d", machine, unpacked)
    return unpacked


def update(machine, page, site, unpacked, checks):
    """The commands for another release, with the same one in its place."""
    before = machine.property("MainPID")
    page.run("install -m 0755 bin/origami", machine, unpacked)
    checks.check(machine.property("MainPID") != before, "an update starts another process")
    machine.wait_for("the server after an update", lambda: site.status("/readyz") == 200)
