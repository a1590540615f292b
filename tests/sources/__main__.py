"""Makes inputs of each kind that slides come in, packs them, and says whether what comes out is
right: the pixels and the facts, or a refusal by name. See scripts/conformance."""

import argparse
import collections
import sys
import tempfile
from pathlib import Path

import judge
import kinds
import readers
from sample import Shelf


def parse_arguments():
    parser = argparse.ArgumentParser(prog="sources", description=__doc__)
    parser.add_argument("--binary", type=Path, required=True, help="the program origami")
    parser.add_argument("--only", action="append", metavar="WORD", help="kinds or inputs with WORD in their names")
    parser.add_argument("--list", action="store_true", help="print the inputs and do nothing else")
    parser.add_argument("--openslide", action="store_true", help="let the program load OpenSlide")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="make the inputs there and leave them")
    return parser.parse_args()


def chosen(sample, words):
    return not words or any(word in f"{sample.kind}: {sample.name}" for word in words)


def made(kind, folder):
    """The inputs of a kind."""
    shelf = Shelf(kind.name, folder / kind.name.replace(" ", "-"))
    kind.fill(shelf)
    return shelf.samples


def table(counts):
    """How many inputs of each kind were right, refused and wrong."""
    outcomes = (judge.RIGHT, judge.REFUSED, judge.WRONG)
    lines = [f"{'kind':<34}" + "".join(f"{outcome:>9}" for outcome in outcomes)]
    rows = list(counts.items()) + [("all", sum(counts.values(), collections.Counter()))]
    lines += [f"{name:<34}" + "".join(f"{count[outcome]:>9}" for outcome in outcomes) for name, count in rows]
    return "\n".join(lines)


def main():
    arguments = parse_arguments()
    counts = {}
    print(f"other readers: {readers.versions()}\n")
    with tempfile.TemporaryDirectory(prefix="origami-inputs-") as temporary:
        for kind in kinds.ALL:
            for sample in made(kind, arguments.keep or Path(temporary)):
                if not chosen(sample, arguments.only):
                    continue
                if arguments.list:
                    print(f"{sample.kind}: {sample.name}")
                    continue
                outcome, detail = judge.judge(sample, arguments.binary.resolve(), arguments.openslide)
                counts.setdefault(sample.kind, collections.Counter())[outcome] += 1
                others = "; ".join(readers.disagreements(sample))
                others = f"  [others: {others}]" if others else ""
                print(f"{outcome:<8} {sample.kind}: {sample.name}: {detail}{others}", flush=True)
    if arguments.list:
        return
    print(f"\n{table(counts)}")
    sys.exit(1 if not counts or any(count[judge.WRONG] for count in counts.values()) else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("sources: interrupted")
