"""The commands of a page of the manual, and which of them have not been run."""


class Page:
    """The fenced blocks of a page that are commands of a shell."""

    def __init__(self, file):
        self.name, self.blocks, self.left = file.name, [], []
        lines = iter(file.read_text().splitlines())
        for line in lines:
            if not line.startswith("```"):
                continue
            code = "\n".join(iter(lambda: next(lines), "```"))
            if line.startswith("```sh"):
                self.blocks.append(code)
            # What another test runs is not what this one is for.
            if line == "```sh,skip":
                self.left.append(code)

    def take(self, beginning):
        """The commands of the one block that begins like this."""
        found = [block for block in self.blocks if block.startswith(beginning)]
        if len(found) != 1:
            raise RuntimeError(f"{self.name} has {len(found)} blocks that begin with {beginning!r}")
        if found[0] in self.left:
            self.left.remove(found[0])
        return found[0]
