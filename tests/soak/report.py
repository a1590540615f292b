"""The report of a soak test: tables that are printed as they come, and saved at the end."""

import datetime
import os

from machine import commit, processor_model


class Report:
    """The lines printed so far."""

    def __init__(self):
        self.lines = []

    def say(self, line=""):
        print(line, flush=True)
        self.lines.append(line)

    def table(self, title, heads, rows):
        """Adds a Markdown table that is also readable as text."""
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
        """Adds the machine, the commit and the flags that the numbers are for."""
        self.say("# Soak\n")
        self.say(f"- machine: {processor_model()}, {os.cpu_count()} processors, Linux {os.uname().release}")
        self.say(f"- commit: {commit()}, {datetime.date.today()}")
        self.say(f"- flags: {' '.join(arguments) or 'none'}")
        self.say(f"- load before: {os.getloadavg()[0]:.1f}")


def statuses(counts):
    """Counts by status as text, such as `200: 17, 503: 3`."""
    return ", ".join(f"{status}: {count}" for status, count in sorted(counts.items())) or "none"


def milliseconds(value):
    return f"{value:.1f} ms"
