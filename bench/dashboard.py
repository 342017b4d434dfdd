#!/usr/bin/env python3
"""How long the pages of the dashboard make their reader wait, and how smooth they are, in Chromium: three nodes with
10,000 clients and traffic.

usage: dashboard.py [--clients N] [--rate N] [--seconds S] [--bin DIRECTORY]

Prints a table in Markdown (bench/CLUSTER.md has one). What the lists take without a browser: cluster.py --only lists.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

from brokers import BenchError, MeshNode, free_port, wait_until
from restart import Table

ROOT = pathlib.Path(__file__).resolve().parents[1]
PATIENCE = 120
PAIRS = 30
# Frames that come later are seen as a jerk.
FRAME_MS = 50
PASSWORD = "bench-password"


def start_nodes(directory, programs):
    nodes, epmd = [], free_port()
    for number in range(1, 4):
        node = MeshNode(directory / f"d{number}", programs, f"d{number}", epmd)
        node.settings = {
            "dashboard.listener.http": "127.0.0.1:0",
            "dashboard.default_user.password": PASSWORD,
        }
        node.start()
        nodes.append(node)
    for node in nodes[1:]:
        node.ctl("cluster", "join", nodes[0].name)
    return nodes


def load(nodes, options):
    """Clients that stay, and some that publish; gives the processes. Each publisher's subscriber is on another node."""
    here, there = (
        ",".join(f"127.0.0.1:{node.port}" for node in order) for order in (nodes, nodes[1:] + nodes[:1])
    )
    bench = options.bin / "meshmq_bench"
    idle = [bench, "connect", "-c", options.clients, "--sub-to", here, "--hold", 86400]
    busy = [bench, "p2p", "-c", PAIRS, "--rate", options.rate / PAIRS, "-d", 86400, "--topic-prefix", "busy"]
    busy += ["--id-prefix", "busy", "--pub-to", here, "--sub-to", there]
    with open(nodes[0].directory / "load.txt", "wb") as log:
        children = [subprocess.Popen(list(map(str, command)), stdout=log, stderr=log) for command in (idle, busy)]
    expected = options.clients + 2 * PAIRS
    wait_until(
        lambda: sum(node.number("stats", "connections.count") or 0 for node in nodes) >= expected,
        f"{expected} clients",
        PATIENCE,
        0.5,
    )
    return children


def measure(node, seconds):
    what = {"url": f"http://127.0.0.1:{node.api_port}/", "password": PASSWORD, "seconds": seconds}
    command = ["node", ROOT / "bench/dashboard.mjs", json.dumps(what)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE + 4 * seconds)
    if done.returncode != 0:
        raise BenchError(f"{done.stdout}{done.stderr}")
    found = json.loads(done.stdout)
    table = Table()
    for page, times in found["pages"].items():
        table.row(f"{page}: from the click to what it shows, median", f"{statistics.median(times):.0f} ms")
    for page, gaps in found["frames"].items():
        in_time = 100 * sum(1 for gap in gaps if gap < FRAME_MS) / len(gaps)
        ordered = sorted(gaps)
        figures = [statistics.median(ordered), ordered[int(len(ordered) * 0.99)], ordered[-1]]
        shown = " / ".join(f"{ms:.0f}" for ms in figures)
        table.row(f"{page}: from frame to frame, p50 / p99 / longest", f"{shown} ms")
        table.row(f"{page}: frames within {FRAME_MS} ms", f"{in_time:.1f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=1000, help="messages a second")
    parser.add_argument("--seconds", type=int, default=20, help="that a page is watched")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshmq-dashboard-") as name:
        nodes, children = [], []
        try:
            nodes = start_nodes(pathlib.Path(name), options.bin)
            children = load(nodes, options)
            measure(nodes[0], options.seconds)
        finally:
            for child in children:
                child.kill()
                child.wait()
            for node in nodes:
                node.stop()


if __name__ == "__main__":
    main()
