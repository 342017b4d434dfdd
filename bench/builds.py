#!/usr/bin/env python3
"""Whether one build of MeshMQ costs more than another: the broker's CPU time for each delivered message, in turns.

usage: builds.py DIRECTORY DIRECTORY [--rounds N]

Each directory has meshmq and meshmq_ctl; the load comes from the first one's meshmq_bench. Prints a table in Markdown
(bench/README.md has one).
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

from brokers import MeshNode, free_port

RUNS = (
    ("20 pairs, QoS 0", ("p2p", "-c", 20, "-q", 0, "-n", 400_000)),
    ("20 pairs, QoS 1", ("p2p", "-c", 20, "-q", 1, "-n", 120_000)),
    ("1 to 200, QoS 0", ("fan-out", "-S", 200, "-n", 80_000)),
)


def nanoseconds(bench, programs, arguments):
    with tempfile.TemporaryDirectory(prefix="meshmq-builds-") as name:
        node = MeshNode(pathlib.Path(name) / "node", programs, "build", free_port())
        node.settings = {"dashboard.listener.http": "127.0.0.1:0"}
        with node:
            command = [bench / "meshmq_bench", *arguments, "-p", node.port, "--pid", node.pid, "--json"]
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    return 1e9 * result["broker_cpu_seconds"] / result["delivered"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("builds", type=pathlib.Path, nargs=2)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    print("| ns of CPU for a delivery: median (least) | first | second | ratio |\n|---|---:|---:|---:|", flush=True)
    for what, arguments in RUNS:
        costs = {build: [] for build in options.builds}
        for n in range(options.rounds):
            for build in options.builds[:: 1 if n % 2 == 0 else -1]:
                costs[build].append(nanoseconds(options.builds[0], build, arguments))
        middle = [statistics.median(costs[build]) for build in options.builds]
        cells = [f"{one:.1f} ({min(costs[build]):.1f})" for one, build in zip(middle, options.builds, strict=True)]
        print(f"| {what} | {cells[0]} | {cells[1]} | {middle[1] / middle[0]:.3f} |", flush=True)


if __name__ == "__main__":
    main()
