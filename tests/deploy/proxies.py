"""What a proxy with two servers behind it has to do, tried on nginx and HAProxy with the committed configurations."""

import itertools
import time
from urllib.parse import quote

from client import Client
from load import Load
from names import Names
from origin import HOSTILE, IDS, NAME, Certificate, Servers, make_packs
from proxy import ComposedNginx, Haproxy, NewerNginx, Nginx
from recorder import Recorder
from tools import ran, tool

#: Seconds until a proxy has to know that a server is gone or back, with time to spare on a busy machine.
PATIENCE = 30
#: More requests at once than any client may send.
TOO_MANY = 4000
#: What a client sends to be taken for somebody else, or to be somewhere else.
FORGED = {
    "Forwarded": "host=forged.example;proto=http;for=6.6.6.6",
    "X_Forwarded_Host": "forged.example",
    "X_Forwarded_Proto": "http",
    "X_Forwarded_For": "6.6.6.6",
}


def run(binary, folder, checks):
    """Everything, for both proxies. `folder` is for their files."""
    # Proxies drop their rights before they open some files.
    folder.chmod(0o755)
    packs, certificate = make_packs(binary, folder), Certificate(folder)
    for kind in (Nginx, NewerNginx, Haproxy):
        run_one(kind, folder / kind.program, binary, packs, certificate, checks)
    follows(folder / "composed", certificate, checks)


def run_one(kind, folder, binary, packs, certificate, checks):
    name, folders = kind.program, (folder / str(number) for number in itertools.count())
    folder.mkdir()

    def started(ports):
        place = next(folders)
        place.mkdir()
        return kind(place, ports, certificate)

    for status, case in ((200, passes_on), (503, leaves_alone)):
        with Recorder(status) as first, Recorder(status) as second, started([first.port, second.port]) as proxy:
            case(Site(name, proxy, None, certificate, checks))
    for cases in ((encrypts, answers_the_same, keeps_slides_together, caches, hides, limits), (survives,)):
        with Servers(binary, packs) as servers, started(servers.ports) as proxy:
            site = Site(name, proxy, servers, certificate, checks)
            for case in cases:
                case(site)
            checks.check(proxy.process.poll() is None, f"{name} still runs")


def follows(folder, certificate, checks):
    """In deploy/compose a server that is made anew has another address, and nginx finds it."""
    folder.mkdir()
    first, second = "127.0.0.1", "127.0.0.2"
    with Recorder(address=first) as old, Names(first) as names:
        with ComposedNginx(folder, [names.port, old.port], certificate) as proxy, Recorder(200, second, old.port):
            site = Site("nginx of compose", proxy, None, certificate, checks)
            site.check(site.traced("/slides/a")[0].status == 200, "a server is found by its name")
            names.address, old.status = second, 500
            deadline = time.monotonic() + PATIENCE
            while (status := site.traced("/slides/a")[0].status) != 200 and time.monotonic() < deadline:
                time.sleep(0.5)
            site.check(status == 200, "a server is found at its new address", status)


class Site:
    """A running proxy with what is behind it."""

    def __init__(self, name, proxy, servers, certificate, checks):
        self.name, self.proxy, self.servers, self.certificate, self.checks = name, proxy, servers, certificate, checks
        self.client = self.other_client()
        self.ids = itertools.count()

    def check(self, holds, what, *found):
        return self.checks.check(holds, f"{self.name}: {what}", *found)

    def other_client(self):
        """A client at another address."""
        return Client(self.proxy.tls, self.certificate.file)

    def traced(self, target, **headers):
        """The answer to a request, and what the log says of it."""
        id = f"test-{next(self.ids)}"
        answer = self.client.get(target, X_Request_Id=id, **headers)
        return answer, self.proxy.entry(id)

    def server_of(self, target):
        """Which server answers a request."""
        return self.traced(target)[1].servers[-1]

    @property
    def base(self):
        """The beginning of the site's URLs."""
        return f"https://{NAME}:{self.proxy.tls}"


def targets_of(id, finest, spelling=quote):
    """Requests about a slide in all protocols. `finest` is its finest level."""
    slide = spelling(id)
    return [
        f"/tiles/{slide}/{finest}/1/1.jpg",
        f"/tiles/{slide}/{finest}/0/0.png",
        f"/dzi/{slide}.dzi",
        f"/dzi/{slide}.json",
        f"/dzi/{slide}_files/{finest}/1_0.jpg",
        f"/slides/{slide}",
        f"/slides/{slide}/region?x=10&y=20&w=100&h=90",
        f"/slides/{slide}/thumbnail.png?size=100",
        f"/iiif/3/{slide}/info.json",
        f"/iiif/2/{slide}/info.json",
        f"/iiif/3/{slide}/0,0,200,100/100,/0/default.jpg",
        f"/iiif/presentation/3/{slide}/manifest",
        f"/zoomify/{slide}/ImageProperties.xml",
        f"/xyz/{slide}/tilejson.json",
        f"/view/{slide}",
        f"/about/{slide}",
    ]


def every_byte(text):
    """A spelling of `text` in URLs that nobody uses and that means the same."""
    return "".join(f"%{byte:02x}" for byte in text.encode())


def finest_level(site):
    return site.servers.json(f"/slides/{IDS[-1]}")["level_table"][-1]["z"]


def passes_on(site):
    """What the servers are told of the client, and the client of its request."""
    answer = site.client.get("/tiles/a/0/0/0.jpg?v=1&x=%20", X_Request_Id="mine-1", **FORGED)
    told = answer.json()
    headers = {}
    for name, value in told["headers"]:
        headers.setdefault(name.lower(), []).append(value)
    wanted = {
        "host": f"{NAME}:{site.proxy.tls}",
        "x-forwarded-for": site.client.address,
        "x-forwarded-proto": "https",
        "x-request-id": "mine-1",
    }
    found = {name: headers.get(name) for name in wanted}
    site.check(found == {name: [value] for name, value in wanted.items()}, "the server is told who asks", found)
    forged = [name for name in ("forwarded", "x-forwarded-host") if any(headers.get(name, []))]
    site.check(not forged, "no client says where it is", forged)
    site.check(told["path"] == "/tiles/a/0/0/0.jpg?v=1&x=%20", "the URL is passed on as it is", told["path"])
    site.check(answer.headers.get_all("X-Request-Id") == ["mine-1"], "the answer has the id", answer.headers.items())
    for id in (None, 'forged","client":"6.6.6.6', "a" * 129):
        answer = site.client.get("/", **({"X_Request_Id": id} if id else {}))
        given = answer.headers.get_all("X-Request-Id")
        told = [value for name, value in answer.json()["headers"] if name.lower() == "x-request-id"]
        site.check(len(given) == 1 and given == told and given != [id], f"the id {id} is replaced", given, told)
    strange = site.client.get('/tiles/a"}/0?%22%0a', X_Request_Id="strange")
    site.check(strange.status == 200, "a strange URL is passed on", strange.status)
    site.check(site.proxy.entry("strange").servers, "a strange URL is in the log")


def leaves_alone(site):
    """Servers that are busy are believed, and neither asked again nor taken for broken."""
    for _ in range(20):
        answer, entry = site.traced("/tiles/a/0/0/0.jpg")
        alone = answer.status == 503 and len(entry.servers) == 1 and answer.headers["Retry-After"] == "1"
        site.check(alone, "a server that is busy is asked once", answer.status, entry)


def encrypts(site):
    """TLS, and nothing without it."""
    answer = site.client.get("/readyz")
    site.check(answer.status == 200, "TLS works with a certificate that is verified", answer.status)
    site.check("Strict-Transport-Security" in answer.headers, "browsers are told to stay with TLS")
    curl = [tool("curl"), "--silent", "--show-error", "--cacert", site.certificate.file]
    to_here = ["--connect-to", f"::127.0.0.1:{site.proxy.tls}"]
    versions = ["--http2", "--output", "/dev/null", "--write-out", "%{http_version} %{http_code}"]
    done = ran(*curl, *to_here, *versions, f"{site.base}/readyz")
    site.check(done.stdout == "2 200", "HTTP/2 is spoken", done.stdout, done.stderr)
    old = ran(*curl, *to_here, "--tls-max", "1.1", f"{site.base}/readyz")
    site.check(old.returncode, "TLS 1.1 is refused")
    for name in ("forged.example", f"{NAME}.forged.example", ""):
        answer = site.client.get("/slides", Host=name)
        site.check(answer.status in (400, 421), f"the site is not called '{name}'", answer.status)
    plain = ["--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}", "--header", f"Host: {NAME}"]
    done = ran(*curl, *plain, f"http://127.0.0.1:{site.proxy.plain}/view/a?b=c")
    site.check(done.stdout == f"308 https://{NAME}/view/a?b=c", "HTTP is sent to TLS", done.stdout)


def answers_the_same(site):
    """Everything is what a server answers itself, but for its address."""
    direct, base = site.servers.running[0], f"http://127.0.0.1:{site.servers.ports[0]}"
    for id in IDS[: len(HOSTILE) + 3]:
        for target in targets_of(id, finest_level(site)):
            status, headers, body = direct.get(target)
            expected = body.replace(base.encode(), site.base.encode())
            answer = site.client.get(target, **FORGED)
            same = (answer.status, answer.body) == (status, expected) and status == 200
            site.check(same, f"{target} is what the server answers", answer.status, status)
            found, wanted = ((one.get("etag"), one.get("link", "")) for one in (answer.headers, headers))
            # What names the server in another way has another tag.
            same = (found[0] == wanted[0] or body != expected) and found[1] == wanted[1].replace(base, site.base)
            site.check(same, f"{target} has the server's tag and links", found, wanted)


def keeps_slides_together(site):
    """A slide is on one server, whatever is asked of it and however it is written, and slides are on both."""
    finest, owners = finest_level(site), {}
    for id in IDS:
        targets = targets_of(id, finest)
        if id in HOSTILE:
            targets += targets_of(id, finest, every_byte)
        asked = {target: site.server_of(target) for target in targets}
        owners[id] = asked[targets[0]]
        site.check(len(set(asked.values())) == 1, f"one server has all of {id}", asked)
    counts = [list(owners.values()).count(owner) for owner in set(owners.values())]
    site.check(len(counts) == 2 and min(counts) >= 3, "slides are on both servers", counts)
    lists = {site.server_of("/slides?limit=0") for _ in range(6)}
    site.check(len(lists) == 1, "the list comes from one server, whose revision it has", lists)


def caches(site):
    """What has a version is kept, and nothing else."""
    slide = site.servers.json(f"/slides/{IDS[-1]}")
    tile = slide["tiles"].replace("{z}", "0").replace("{x}", "0").replace("{y}", "0")
    (first, missed), (second, hit) = site.traced(tile), site.traced(tile)
    site.check(missed.cache != "HIT" and hit.cache == "HIT", "a tile with a version is kept", missed, hit)
    site.check(second.headers["X-Cache"] == "HIT", "the client is told", second.headers.items())
    same = first.body == second.body and first.headers["ETag"] == second.headers["ETag"]
    site.check(same, "the kept tile is the tile")
    ids = [answer.headers.get_all("X-Request-Id") for answer in (first, second)]
    site.check(ids[0] != ids[1] and len(ids[1]) == 1, "a kept answer has an id of its own", ids)
    again = site.client.get(tile, If_None_Match=second.headers["ETag"])
    site.check(again.status == 304 and not again.body, "a kept tile is not sent to who has it", again.status)

    bare = tile.partition("?")[0]
    entries = [site.traced(bare)[1] for _ in range(2)]
    site.check(all(entry.cache != "HIT" and entry.servers for entry in entries), "without a version each asks", entries)
    unchanged = site.client.get(bare, If_None_Match=first.headers["ETag"])
    site.check(unchanged.status == 304, "a tag without a version reaches the server", unchanged.status)

    gone = bare + "?v=0000000000000000"
    answers = [site.traced(gone) for _ in range(2)]
    fresh = all(answer.status == 410 and entry.cache != "HIT" for answer, entry in answers)
    site.check(fresh, "410 is not kept", answers)

    finest = finest_level(site)
    negotiated = f"/tiles/{IDS[-1]}/{finest}/0/0?v={slide['generation']}"
    wanted = ["image/png", "image/jpeg"] * 2
    types = [site.client.get(negotiated, Accept=kind).headers["Content-Type"] for kind in wanted]
    site.check(types == wanted, "a kept format is not sent to who wants another", types)
    kept = {site.traced(negotiated, Accept=kind)[1].cache for kind in wanted}
    # HAProxy does not know this header of `Vary`, and keeps nothing that has it.
    site.check(("HIT" in kept) == isinstance(site.proxy, Nginx), "each format is kept by nginx", kept)


def hides(site):
    """What is for the operator is not for everybody."""
    for target in ("/metrics", "/status", "/%6detrics", "//metrics", "/./metrics"):
        answer = site.client.get(target)
        site.check(answer.status in (400, 404) and b"origami_" not in answer.body, f"{target} is closed", answer.status)


def limits(site):
    """A client that asks for too much is told so, and nobody else notices."""
    slide = site.servers.json(f"/slides/{IDS[-1]}")
    tile = slide["tiles"].replace("{z}", "0").replace("{x}", "0").replace("{y}", "0")
    greedy, statuses = site.other_client(), []
    while len(statuses) < TOO_MANY and 429 not in statuses:
        statuses += greedy.pipeline(tile, 900)
    served = statuses.index(429) if 429 in statuses else len(statuses)
    site.check(served >= 500 and set(statuses[:served]) == {200}, "a burst is let through", served, set(statuses))
    site.check(served < TOO_MANY, "a client that asks for too much gets 429", f"{len(statuses)} were answered")
    other = site.client.get(tile)
    site.check(other.status == 200, "another client is served meanwhile", other.status)
    greedy.close()


def survives(site):
    """Servers that end, in order and at once, and come back."""
    finest, servers = finest_level(site), site.servers
    tiles = [f"/tiles/{quote(id)}/{finest}/{x}/{y}.jpg" for id in IDS for x in range(2) for y in range(2)]
    owners = {target: site.server_of(target) for target in tiles[::4]}
    for number, ending in ((0, "is stopped"), (1, "is killed")):
        with Load(site, tiles) as load:
            load.wait_for(50)
            if ending == "is killed":
                servers.kill(number)
            else:
                servers.running[number].stop()
            load.wait_for(300)
            if isinstance(site.proxy, Haproxy):
                wait_for_state(site, number, "DOWN", f"the health check notices that a server {ending}")
        site.check(not load.failures, f"no request fails while a server {ending}", load.failures[:5], load.done)
        now = {site.server_of(target) for target in owners}
        site.check(len(now) == 1, f"the other server has all slides while one {ending}", now)
        servers.restart(number)
        if isinstance(site.proxy, Haproxy):
            wait_for_state(site, number, "UP", "the health check notices that a server is back")
        site.check(returned(site, owners), f"the slides of a server that {ending} return to it")


def wait_for_state(site, number, state, what):
    deadline = time.monotonic() + PATIENCE
    while (found := site.proxy.state(f"origami{number + 1}")) != state and time.monotonic() < deadline:
        time.sleep(0.2)
    site.check(found == state, what, found)


def returned(site, owners):
    """Whether each slide comes back to the server that had it, in time."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if all(site.server_of(target) == owner for target, owner in owners.items()):
            return True
        time.sleep(0.5)
    return False
