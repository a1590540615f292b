"""Requests to a server, each response reduced to one line that stays the same for the same tiles."""

import concurrent.futures
import hashlib
import http.client
import re
import threading
import time

CONNECTIONS = 4
#: Requests that a thread sends one after another before it takes the next batch.
BATCH = 256
#: How often a busy server is tried again, and the pause before that in seconds.
RETRIES, PAUSE = 60, 1
#: What packs of the same tiles may differ in: the generation, and the size of the file.
GENERATION = re.compile(r"(?<![0-9a-f])[0-9a-f]{16}(?![0-9a-f])")
FILE_SIZE = re.compile(rb'("mode":"\w+",)"bytes":\d+')
#: What differs from run to run: when a pack was written, and which list of slides it is.
MOMENT = re.compile(rb'"(modified|revision)":("[^"]*"|\d+)')


def without_version(body, content_type):
    """A body, if it is text without generations and sizes of packs."""
    if not content_type.startswith(("application/", "text/")):
        return body
    body = MOMENT.sub(rb'"\1"', FILE_SIZE.sub(rb"\1", body))
    return GENERATION.sub("generation", body.decode(errors="replace")).encode()


def summary(response, body):
    """Status, important headers and SHA-256 of the body, without anything that names a version."""
    fields = [str(response.status)]
    for name in ("Content-Type", "Cache-Control", "ETag"):
        fields.append(GENERATION.sub("generation", response.getheader(name) or "-"))
    content = without_version(body, response.getheader("Content-Type") or "")
    fields.append(hashlib.sha256(content).hexdigest())
    return " | ".join(fields)


def has_failed(line):
    """Whether a line is about a request without a response, or a server error."""
    return line.startswith(("broken", "busy", "5"))


class Client:
    """Requests from any thread, over one kept connection for each thread."""

    def __init__(self, port):
        self.port, self.local = port, threading.local()

    def get(self, target, method="GET", **headers):
        """Sends a request. Returns the response as a line, and its body.

        The line is `broken` with the error if there is no response, and `busy` if it is 503 after
        all retries.
        """
        for _ in range(RETRIES):
            fresh = not hasattr(self.local, "connection")
            if fresh:
                self.local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            try:
                self.local.connection.request(method, target, headers=headers)
                response = self.local.connection.getresponse()
                body = response.read()
            except (OSError, http.client.HTTPException) as error:
                self.local.connection.close()
                del self.local.connection
                if fresh:
                    return f"broken {type(error).__name__}", b""
                # The server may have closed an idle connection, so a new one is tried.
                continue
            if response.status != 503:
                return summary(response, body), body
            time.sleep(PAUSE)
        return "busy", b""

    def lines(self, targets):
        """The responses to many targets as lines, in the order of the targets."""
        batches = [targets[first : first + BATCH] for first in range(0, len(targets), BATCH)]
        pool = concurrent.futures.ThreadPoolExecutor(CONNECTIONS)
        try:
            for lines in pool.map(self._batch, batches):
                yield from lines
        finally:
            pool.shutdown(cancel_futures=True)

    def _batch(self, targets):
        return [self.get(target)[0] for target in targets]
