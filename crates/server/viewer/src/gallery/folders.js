// Folders of slides, found from the entries in them. Pure functions that work without a page.

/** A folder below the one on display, and what is in it and below it. */
export class Folder {
  slides = 0;
  broken = 0;
  /** The slide whose thumbnail stands for the folder, or null if none can be opened. */
  picture = null;

  /** `path` is from the top, `name` its last part. */
  constructor(path, name) {
    this.path = path;
    this.name = name;
  }

  add(entry) {
    if (entry.error) {
      this.broken += 1;
    } else {
      this.slides += 1;
      this.picture ??= entry;
    }
  }
}

/** The beginning of the paths of everything below a folder. */
function prefixOf(folder) {
  return folder === "" ? "" : `${folder}/`;
}

/** The entries in a folder and below it. */
export function entriesBelow(entries, folder) {
  if (folder === "") return entries;
  const prefix = prefixOf(folder);
  return entries.filter((entry) => entry.folder === folder || entry.folder.startsWith(prefix));
}

/** The folders directly in `folder`, in the order of their first entry. */
export function foldersIn(entries, folder) {
  const prefix = prefixOf(folder);
  const folders = new Map();
  for (const entry of entriesBelow(entries, folder)) {
    if (entry.folder === folder) continue;
    const [name] = entry.folder.slice(prefix.length).split("/", 1);
    if (!folders.has(name)) folders.set(name, new Folder(prefix + name, name));
    folders.get(name).add(entry);
  }
  return [...folders.values()];
}

/** The folder and all above it, the outermost first, as pairs of path and name. */
export function pathTo(folder) {
  if (folder === "") return [];
  const names = folder.split("/");
  return names.map((name, i) => ({ path: names.slice(0, i + 1).join("/"), name }));
}
