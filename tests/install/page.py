"""The commands of a page of the manual, and which of them have not been run."""


class Page:
    """The fenced blocks of a page: commands of a shell, and other text."""

    def __init__(self, file):
        self.name, self.blocks, self.texts, self.left = file.name, [], [], []
        lines = iter(file.read_text().splitlines())
        for line in lines:
            if not line.startswith("```"):
                continue
            code = "\n".join(iter(lambda: next(lines), "```"))
            (self.blocks if line.startswith("```sh") else self.texts).append(code)
            # What another test runs is not what this one is for.
            if line == "```sh,skip":
                self.left.append(code)

    def block(self, beginning):
        """The commands of the one block that begins like this."""
        return self._only(self.blocks, beginning)

    def text_block(self, beginning):
        """The one block of text that begins like this: a file, or what a command prints."""
        return self._only(self.texts, beginning)

    def _only(self, blocks, beginning):
        found = [block for block in blocks if block.startswith(beginning)]
        if len(found) != 1:
            raise RuntimeError(f"{self.name} has {len(found)} blocks that begin with {beginning!r}")
        return found[0]

    def done(self, block):
        """Notes that a block has been run."""
        if block in self.left:
            self.left.remove(block)

    def run(self, beginning, machine, folder="/root"):
        """What the commands of a block print, which have to succeed."""
        block = self.block(beginning)
        output = machine.run(block, folder)
        self.done(block)
        return output
