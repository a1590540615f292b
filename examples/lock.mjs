// Takes out of package-lock.json what the bundles of the three big viewers have inside: `npm run lock`, after a change of
// package.json. Each page loads one file of such a package and needs none of its dependencies, and without them `npm ci`
// installs an eighth as much.

import { readFile, writeFile } from "node:fs/promises";

const BUNDLED = ["@samvera/clover-iiif", "mirador", "universalviewer"];
const FILE = new URL("package-lock.json", import.meta.url);

const lock = JSON.parse(await readFile(FILE, "utf8"));
for (const name of BUNDLED) {
  const entry = lock.packages[`node_modules/${name}`];
  delete entry.dependencies;
  delete entry.optionalDependencies;
  delete entry.peerDependencies;
}

/** Where Node finds `name` from the package in `folder`: beside it, or in a folder further up. */
function resolve(folder, name) {
  for (let from = folder; ; from = from.slice(0, Math.max(0, from.lastIndexOf("node_modules/") - 1))) {
    const place = `${from && `${from}/`}node_modules/${name}`;
    if (place in lock.packages) return place;
    if (!from) return null;
  }
}

const kept = new Set([""]);
for (const folder of kept) {
  const { dependencies, optionalDependencies, peerDependencies } = lock.packages[folder];
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
    const place = resolve(folder, name);
    if (place) kept.add(place);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).filter(([folder]) => kept.has(folder)));
await writeFile(FILE, `${JSON.stringify(lock, null, 2)}\n`);
