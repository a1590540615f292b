"""Tables of results, printed as they come and kept for a file."""

import datetime
import os
import subprocess


class Report:
    def __init__(self):
        self.lines = []

    def say(self, line=""):
        print(line, flush=True)
        self.lines.append(line)

    def table(self, title, heads, rows):
        """A Markdown table that can be read as text too."""
        rows = [[str(cell) for cell in row] for row in [heads, *rows]]
        widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
        self.say(f"\n## {title}\n")
        for number, row in enumerate(rows):
            self.say("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
            if number == 0:
                self.say("|" + "|".join("-" * (width + 2) for width in widths) + "|")

    def skip(self, title, reason):
        self.say(f"\n## {title}\n\nSKIP: {reason}")

    def machine(self, arguments):
        """What the numbers belong to."""
        with open("/proc/cpuinfo") as cpus:
            model = next((line.split(": ")[1].strip() for line in cpus if line.startswith("model name")), "unknown")
        commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True).stdout
        self.say("# Soak\n")
        self.say(f"- machine: {model}, {os.cpu_count()} processors, Linux {os.uname().release}")
        self.say(f"- commit: {commit.strip()}, {datetime.date.today()}")
        self.say(f"- flags: {' '.join(arguments) or 'none'}")
        self.say(f"- load before: {os.getloadavg()[0]:.1f}")


def statuses(seen):
    """`200: 17, 503: 3`"""
    return ", ".join(f"{status}: {count}" for status, count in sorted(seen.items())) or "none"


def milliseconds(value):
    return f"{value:.1f} ms"
