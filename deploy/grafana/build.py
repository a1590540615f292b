"""Writes the dashboards in dashboards/ from their descriptions in source/.

    build.py            writes them
    build.py --check    says which are not current

Needs grafana-foundation-sdk, Grafana's library for the schema of its dashboards, in the version that
tests/monitoring/requirements.txt names; scripts/monitoring build installs it.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE / "source"))

import caches  # noqa: E402
import fleet  # noqa: E402
import latency  # noqa: E402
import memory  # noqa: E402
import overview  # noqa: E402
import rebuilding  # noqa: E402
from dashboard import Dashboard  # noqa: E402

MODULES = (overview, latency, caches, rebuilding, memory, fleet)


def main():
    is_check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not is_check:
        sys.exit(__doc__)
    folder, outdated = HERE / "dashboards", []
    current = {folder / f"{module.NAME}.json": Dashboard(module).json() for module in MODULES}
    for path, text in current.items():
        if is_check and (not path.exists() or path.read_text() != text):
            outdated.append(path.name)
        elif not is_check:
            path.write_text(text)
    outdated += [path.name for path in folder.glob("*.json") if path not in current]
    if outdated:
        sys.exit(f"not current: {', '.join(outdated)} (scripts/monitoring build)")


if __name__ == "__main__":
    main()
