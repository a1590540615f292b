// The Python that examples run with.

import { spawnSync } from "node:child_process";

function hasPackages(python) {
  return spawnSync(python, ["-c", "import numpy, PIL"]).status === 0;
}

/** A Python that has NumPy and Pillow: `PYTHON`, or the first of the usual ones. Fails if there is none. */
export function findPython() {
  const python = [process.env.PYTHON ?? "python3", "python3", "/usr/bin/python3"].find(hasPackages);
  if (!python) throw new Error("no Python with NumPy and Pillow (scripts/setup test installs them)");
  return python;
}
