"""Clients that ask for tiles until they are stopped, and note what fails."""

import http.client
import itertools
import threading
import time

#: Clients at the same time, each at its own address.
CLIENTS = 6
#: Seconds that a client waits between two requests, so that no limit of rates is reached.
PAUSE = 0.01
#: Seconds until a number of requests has to be done.
PATIENCE = 60


class Load:
    """Runs during a `with` block. `failures` are requests that were not answered 200 with a body."""

    def __init__(self, site, targets):
        self.site, self.targets = site, targets
        self.done, self.failures = 0, []
        self.counted = threading.Condition()
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def _ask(self, number):
        client = self.site.other_client()
        for target in itertools.cycle(self.targets[number:] + self.targets[:number]):
            if self.ending.is_set():
                break
            try:
                answer = client.get(target)
                problem = None if answer.status == 200 and answer.body else answer.status
            except (OSError, http.client.HTTPException) as error:  # too early an end among them
                problem = repr(error)
            self._count(target, problem)
            time.sleep(PAUSE)
        client.close()

    def _count(self, target, problem):
        with self.counted:
            self.done += 1
            if problem is not None:
                self.failures.append((target, problem))
            self.counted.notify_all()

    def wait_for(self, count):
        """Waits until `count` more requests are done."""
        with self.counted:
            wanted = self.done + count
            if not self.counted.wait_for(lambda: self.done >= wanted, PATIENCE):
                raise RuntimeError(f"only {self.done} of {wanted} requests are done after {PATIENCE} s")
