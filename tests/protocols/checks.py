"""Counts of what was checked. What fails is printed at once, what passes is only counted."""

import sys


class Checks:
    """The results of one part of the checks."""

    def __init__(self, part):
        self.part, self.passed, self.failed, self.skipped = part, 0, 0, 0

    def check(self, holds, what, *found):
        """Counts one check. `found` is what there was instead, printed if it fails."""
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {self.part}: {what}" + "".join(f": {thing}" for thing in found), flush=True)
        return holds

    def skip(self, what, why):
        """Says that something was not checked. scripts/test repeats these lines at its end."""
        self.skipped += 1
        print(f"SKIP {self.part}: {what}: {why}", flush=True)

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.part}: {self.passed} passed, {self.failed} failed{skipped}"


def conclude(results):
    """Prints the checks of all parts, each with its time in seconds, and ends the program with what they say."""
    print()
    for checks, seconds in results:
        print(f"{checks} ({seconds:.0f} s)")
    passed = sum(checks.passed for checks, _ in results)
    failed = sum(checks.failed for checks, _ in results)
    # As scripts/test counts them.
    print(f"# pass {passed}\n# fail {failed}")
    sys.exit(1 if failed or not passed else 0)
