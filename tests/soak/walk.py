"""The phase `walk`: viewers walk over all slides for a long time."""

import random
import subprocess
import time

from context import REBUILT, STORED
from server import Server


def walk(context):
    """Samples the server's memory while viewers walk over all slides."""
    seconds = int(60 * context.minutes)
    packs = context.copy_all("walk")
    log = context.folder / "walk.txt"
    with Server(context.binary, packs, "--memory", "256M") as server:
        samples = sample_memory(server, load_command(context, server, seconds), log)
        tenth, last = samples[len(samples) // 10], samples[-1]
        maximum = max(samples, key=lambda sample: sample[1])
        memory = [f"{mebibytes:.0f} MiB" for _, mebibytes in (samples[0], tenth, maximum, last)]
        second_half = [sample for sample in samples if sample[0] > seconds / 2] or samples
        context.report.table(
            f"The server's memory (RssAnon) during a walk of {seconds} s at --memory 256M",
            ["at the start", "after a tenth", "maximum", "at the end", "slope of the second half", "server running"],
            [[*memory, f"{slope(second_half):+.2f} MiB/min", server.is_running()]],
        )
        context.report.say("\n```\n" + log.read_text().strip() + "\n```")


def load_command(context, server, seconds):
    """`origami bench`, or wrk where the binary does not have that."""
    url = f"http://127.0.0.1:{server.port}"
    if subprocess.run([context.binary, "bench", "--help"], capture_output=True).returncode == 0:
        return [context.binary, "bench", "--url", url, "--duration", f"{seconds}s"]
    targets = context.tiles_of_all(server, REBUILT + STORED)
    random.Random(1).shuffle(targets)
    listed = "\n".join(f'"{target}",' for target in targets)
    script = context.folder / "tiles.lua"
    script.write_text(
        f"local tiles = {{\n{listed}\n}}\nlocal n = 0\n"
        'function request() n = n % #tiles + 1; return wrk.format("GET", tiles[n]) end\n'
    )
    return ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-s", str(script), url]


def sample_memory(server, command, log):
    """Runs the command until it ends. Its output goes to the file `log`.

    Returns the seconds since its start and the server's memory in MiB, once a second.
    """
    begun, samples = time.monotonic(), []
    with open(log, "w") as output:
        # A progress bar goes to standard error.
        client = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        try:
            while client.poll() is None:
                samples.append((time.monotonic() - begun, server.memory()))
                time.sleep(1)
        finally:
            client.kill()
            client.wait()
    return samples


def slope(samples):
    """The slope of (seconds, MiB) in MiB a minute, by least squares."""
    count = len(samples)
    mean_time = sum(at for at, _ in samples) / count
    mean_memory = sum(memory for _, memory in samples) / count
    variance = sum((at - mean_time) ** 2 for at, _ in samples)
    covariance = sum((at - mean_time) * (memory - mean_memory) for at, memory in samples)
    return 60 * covariance / max(variance, 1e-9)
