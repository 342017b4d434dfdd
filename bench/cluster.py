#!/usr/bin/env python3
"""What a cluster of three nodes costs and how fast it is: SUBACK to routable, takeover, memory of routes, a node that
joins, a node that is killed, lists of the management API.

usage: cluster.py [--only WHAT] [--routes N] [--sessions N] [--rounds N] [--clients N] [--bin DIRECTORY]

Prints a table in Markdown (bench/CLUSTER.md has one).
"""

import argparse
import pathlib
import statistics
import struct
import tempfile
import time
import urllib.request

from brokers import MeshNode, free_port, link_bytes, wait_until
from restart import Table, connect, kill, packet, private_bytes, text

ROOT = pathlib.Path(__file__).resolve().parents[1]
FILTERS_PER_PACKET = 1000
PATIENCE = 600


class Cluster:
    def __init__(self, directory, options):
        self.directory, self.options, self.nodes = directory, options, []
        self.epmd = free_port()
        for _ in range(3):
            self.add()
        for node in self.nodes[1:]:
            node.ctl("cluster", "join", self.nodes[0].name)

    def add(self):
        name = f"c{len(self.nodes) + 1}"
        node = MeshNode(self.directory / name, self.options.bin, name, self.epmd)
        node.settings = {
            "listener.tcp.external.max_conn_rate": 0,
            "zone.external.max_subscriptions": 0,
            "mqtt.max_packet_size": "8MB",
            "dashboard.listener.http": "127.0.0.1:0",
        }
        node.start()
        self.nodes.append(node)
        return node

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.stop()


def read_packet(connection, seconds=30):
    """First byte and body of the next packet; TimeoutError if nothing comes."""
    connection.settimeout(seconds)

    def exactly(count):
        data = b""
        while len(data) < count:
            part = connection.recv(count - len(data))
            if not part:
                raise ConnectionError("closed")
            data += part
        return data

    first, length, shift = exactly(1)[0], 0, 0
    while True:
        digit = exactly(1)[0]
        length |= (digit & 0x7F) << shift
        shift += 7
        if digit < 0x80:
            return first, exactly(length)


def subscribe(connection, filters):
    connection.sendall(packet(0x82, b"\0\1" + b"".join(text(one) + b"\1" for one in filters)))
    first, body = read_packet(connection)
    assert first == 0x90 and all(code < 0x80 for code in body[2:])


def spread(seconds):
    """p50 and p99, for people."""
    ordered = sorted(seconds)
    return f"{statistics.median(ordered) * 1e3:.2f} / {ordered[int(len(ordered) * 0.99)] * 1e3:.2f} ms"


def measure_suback(cluster, table, rounds):
    """A message that is published on another node the moment the SUBACK is read must arrive."""
    waits, missed = [], 0
    subscriber = connect(cluster.nodes[0].port, b"subscriber")
    publishers = [connect(node.port, b"publisher%d" % n) for n, node in enumerate(cluster.nodes[1:])]
    for n in range(rounds):
        topic = b"routable/%d" % n
        begin = time.monotonic()
        subscribe(subscriber, [topic])
        waits.append(time.monotonic() - begin)
        for publisher in publishers:
            publisher.sendall(packet(0x30, text(topic) + b"x"))
        for _ in publishers:
            try:
                read_packet(subscriber, 1)
            except TimeoutError:
                missed += 1
    table.row("SUBSCRIBE of a new filter until SUBACK, p50 / p99", spread(waits))
    table.row(f"of {2 * rounds:,} messages published on the two other nodes right behind the SUBACK, missed", missed)


def measure_connect(cluster, table, rounds):
    """A session that begins: CONNACK waits until the other nodes know of it."""
    times = []
    for n in range(rounds):
        begin = time.monotonic()
        client = connect(cluster.nodes[n % 3].port, b"new-%d" % n, clean=False)
        times.append(time.monotonic() - begin)
        client.close()
    table.row("connection and CONNECT of a new session until CONNACK, p50 / p99", spread(times))


def measure_takeover(cluster, table, rounds, waiting):
    """The client of a session comes back on another node, again and again."""
    times = []
    publisher = connect(cluster.nodes[0].port, b"feeder")
    name = b"mover-%d" % waiting
    subscribe(connect(cluster.nodes[0].port, name, clean=False), [b"moving"])
    for n in range(rounds):
        node = cluster.nodes[1 + n % 2]
        for _ in range(waiting):
            publisher.sendall(packet(0x32, text(b"moving") + b"\0\1" + b"x" * 100))
            read_packet(publisher)
        begin = time.monotonic()
        client = connect(node.port, name, clean=False)
        times.append(time.monotonic() - begin)
        for _ in range(waiting):
            first, body = read_packet(client)
            assert first & 0xF0 == 0x30
            place = 2 + struct.unpack(">H", body[:2])[0]
            client.sendall(packet(0x40, body[place : place + 2]))
        client.close()
        # The session is away, not still connected: otherwise messages would be in flight at both ends.
        time.sleep(0.01)
    what = f"takeover from another node with {waiting} messages waiting, CONNECT until CONNACK, p50 / p99"
    table.row(what, spread(times))


def add_routes(node, client, count, pattern):
    connection = connect(node.port, client)
    begin = time.monotonic()
    for first in range(0, count, FILTERS_PER_PACKET):
        subscribe(connection, [pattern % n for n in range(first, min(first + FILTERS_PER_PACKET, count))])
    return connection, time.monotonic() - begin


def routes(node):
    return node.number("stats", "routes.count") or 0


def settled_routes(node):
    """Once those of clients that have just left are gone."""
    count, since = routes(node), time.monotonic()
    while time.monotonic() < since + 1:
        time.sleep(0.1)
        if routes(node) != count:
            count, since = routes(node), time.monotonic()
    return count


def measure_routes(cluster, table, count):
    """Returns what holds the subscriptions."""
    held, present = [], settled_routes(cluster.nodes[1])
    for kind, pattern in (("exact", b"site/%d/state"), ("wildcard", b"site/%d/+/state/#")):
        before = [private_bytes(node.pid) for node in cluster.nodes]
        connection, seconds = add_routes(cluster.nodes[0], kind.encode(), count, pattern)
        held.append(connection)
        present += count
        begin = time.monotonic()
        wait_until(lambda: all(routes(node) == present for node in cluster.nodes), "all routes", PATIENCE)
        late = time.monotonic() - begin
        rate = f"{count / seconds:,.0f} a second, on all nodes {late:.2f} s later"
        table.row(f"{count:,} {kind} filters of one client", rate)
        grown = [(private_bytes(node.pid) - old) / count for node, old in zip(cluster.nodes, before, strict=True)]
        table.row(f"memory of each {kind} route on another node", f"{statistics.mean(grown[1:]):.0f} bytes")
        table.row(f"on its own, with the subscription ({kind})", f"{grown[0]:.0f} bytes")
    return held


def measure_sessions(cluster, table, count):
    """Sessions of clients that are away, for whoever joins later."""
    node = cluster.nodes[0]
    before = [private_bytes(one.pid) for one in cluster.nodes]
    begin = time.monotonic()
    for n in range(count):
        connect(node.port, b"session-%d" % n, clean=False).close()
    seconds = time.monotonic() - begin
    table.row(f"{count:,} clients that come and leave a session, one by one", f"{count / seconds:,.0f} a second")
    grown = [(private_bytes(one.pid) - old) / count for one, old in zip(cluster.nodes, before, strict=True)]
    figure = f"{grown[0]:.0f} / {statistics.mean(grown[1:]):.0f} bytes"
    table.row("memory of each on its node / on another node", figure)


def measure_join(cluster, table):
    expected = settled_routes(cluster.nodes[0])
    joiner = cluster.add()
    begin = time.monotonic()
    joiner.ctl("cluster", "join", cluster.nodes[0].name)
    table.row("`cluster join` of a fourth node returns after", f"{time.monotonic() - begin:.2f} s")
    wait_until(lambda: routes(joiner) == expected, "the routes of the new node", PATIENCE, 0.1)
    table.row(f"it has all {expected:,} routes after", f"{time.monotonic() - begin:.2f} s")
    received = link_bytes(joiner)
    verdict = joiner.ctl("cluster", "verify").strip()
    table.row("`cluster verify` on it says", verdict.splitlines()[-1])
    table.row("received from the other nodes", "not counted" if received is None else f"{received / 1e6:,.0f} MB")
    table.row("its memory then", f"{private_bytes(joiner.pid) / 1e6:,.0f} MB")


def measure_kill(cluster, table, count):
    victim, witness = cluster.nodes[2], cluster.nodes[1]
    before = settled_routes(witness)
    connection, _ = add_routes(victim, b"doomed", count, b"doomed/%d")
    wait_until(lambda: routes(witness) == before + count, "the routes", PATIENCE)
    begin = time.monotonic()
    kill(victim)
    wait_until(lambda: routes(witness) <= before, "the routes of the killed node are gone", PATIENCE)
    seconds = time.monotonic() - begin
    table.row(f"kill -9 of a node with {count:,} routes, until the others are rid of them", f"{seconds:.2f} s")
    connection.close()


# What a dashboard or a script asks for, of 10,000 clients.
LISTS = (
    ("first page of 50 clients", "/api/v4/clients?_limit=50&_page=1"),
    ("last page of 50 clients", "/api/v4/clients?_limit=50&_page=200"),
    ("clients whose id matches a pattern", "/api/v4/clients?_like_clientid=77%2471&_limit=50"),
    ("one client by its id", "/api/v4/clients/client-7771"),
    ("page 100 of 50 subscriptions", "/api/v4/subscriptions?_limit=50&_page=100"),
    ("page 100 of 50 routes", "/api/v4/routes?_limit=50&_page=100"),
    ("the nodes", "/api/v4/nodes"),
    ("`/metrics` of one node", "/metrics"),
)


def measure_lists(cluster, table, clients, rounds):
    held = []
    for n in range(clients):
        held.append(connect(cluster.nodes[n % 3].port, b"client-%d" % n))
        subscribe(held[-1], [b"fleet/%d/state" % n])
    table.row("clients on three nodes, each with a subscription", f"{clients:,}")
    login = urllib.request.HTTPPasswordMgrWithPriorAuth()
    base = f"http://127.0.0.1:{cluster.nodes[0].api_port}"
    login.add_password(None, base, "admin", "public", is_authenticated=True)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(login))
    for what, path in LISTS:
        seconds = []
        for _ in range(rounds):
            begin = time.monotonic()
            opener.open(base + path).read()
            seconds.append(time.monotonic() - begin)
        table.row(f"{what}, p50 / p99", spread(seconds))
    for connection in held:
        connection.close()


PARTS = ("suback", "takeover", "kill", "routes", "lists")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--routes", type=int, default=1_000_000, help="of each kind")
    parser.add_argument("--sessions", type=int, default=1_000_000, help="of clients that are away")
    parser.add_argument("--rounds", type=int, default=1000, help="of SUBSCRIBE and takeover")
    parser.add_argument("--clients", type=int, default=10_000, help="that are listed")
    parser.add_argument("--only", choices=PARTS, action="append", help="may be given again; otherwise all")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    options = parser.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory(prefix="meshmq-cluster-") as name, Cluster(pathlib.Path(name), options) as cluster:
        wanted = options.only or PARTS
        if "suback" in wanted:
            measure_suback(cluster, table, options.rounds)
        if "takeover" in wanted:
            measure_connect(cluster, table, options.rounds)
        for waiting in (0, 10) if "takeover" in wanted else ():
            measure_takeover(cluster, table, options.rounds, waiting)
        if "lists" in wanted:
            measure_lists(cluster, table, options.clients, 100)
        if "kill" in wanted:
            measure_kill(cluster, table, min(options.routes, 100_000))
            cluster.nodes[2].start()
        if "routes" in wanted:
            held = measure_routes(cluster, table, options.routes)
            measure_sessions(cluster, table, options.sessions)
            measure_join(cluster, table)
            for connection in held:
                connection.close()


if __name__ == "__main__":
    main()
