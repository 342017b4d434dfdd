#!/usr/bin/env python3
"""Three nodes on this machine, joined into one cluster, until Ctrl-C.

usage: cluster.py --bin DIR [--nodes N] [--first-port P]

Node N listens on port P + N - 1 if that is free, otherwise on any free port. The data lives in a temporary directory.
"""

import argparse
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

COOKIE = "meshmq-on-this-machine"
READY_SECONDS = 30
FIRST_API_PORT = 18083
FIRST_WS_PORT = 8083


def free_port(wanted):
    """`wanted` if nobody listens there, else 0: the node then picks one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
    return wanted


class Node:
    def __init__(self, programs, directory, number, port):
        self.name = f"meshmq{number}@127.0.0.1"
        self.programs = programs
        self.log = directory / f"{self.name}.log"
        self.ports_file = directory / f"{self.name}.ports.json"
        settings = {
            "node.name": self.name,
            "node.cookie": COOKIE,
            "listener.tcp.external": f"127.0.0.1:{free_port(port)}",
            "listener.ws.external": f"127.0.0.1:{free_port(FIRST_WS_PORT + number - 1)}",
            "dashboard.listener.http": f"127.0.0.1:{free_port(FIRST_API_PORT + number - 1)}",
        }
        command = [programs / "meshmq", "foreground", "--data-dir", directory / self.name]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        command += ["--ports-file", self.ports_file]
        # A session of its own: Ctrl-C reaches this script, which then stops the nodes in order.
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def wait_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                return json.loads(self.ports_file.read_text())
            except (OSError, ValueError):
                time.sleep(0.05)
        raise SystemExit(f"{self.name} did not start:\n{self.log.read_text(errors='replace')}")

    def ctl(self, *words):
        command = [self.programs / "meshmq_ctl", "--node", self.name, "--cookie", COOKIE, *words]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{self.name}: {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run(options, directory, nodes):
    for number in range(1, options.nodes + 1):
        nodes.append(Node(options.bin.resolve(), directory, number, options.first_port + number - 1))
    ports = [node.wait_ready() for node in nodes]
    for node in nodes[1:]:
        node.ctl("cluster", "join", nodes[0].name)
    print(nodes[0].ctl("cluster", "status"), end="")
    for node, mapping in zip(nodes, ports):
        mqtt, api = mapping["listener.tcp.external"], mapping["dashboard.listener.http"]
        print(f"{node.name}: MQTT on 127.0.0.1:{mqtt}, dashboard on http://127.0.0.1:{api}, log {node.log}")
    ctl = options.bin / "meshmq_ctl"
    print(f"Ask one: {ctl} --node {nodes[0].name} --cookie {COOKIE} routes list")
    print("Ctrl-C stops them.", flush=True)
    while all(node.process.poll() is None for node in nodes):
        time.sleep(0.5)
    ended = next(node for node in nodes if node.process.poll() is not None)
    raise SystemExit(f"{ended.name} ended:\n{ended.log.read_text(errors='replace')[-2000:]}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--bin", type=pathlib.Path, required=True, help="where meshmq and meshmq_ctl are")
    arguments.add_argument("--nodes", type=int, default=3)
    arguments.add_argument("--first-port", type=int, default=1883)
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    nodes = []
    with tempfile.TemporaryDirectory(prefix="meshmq-cluster-") as directory:
        try:
            run(options, pathlib.Path(directory), nodes)
        except KeyboardInterrupt:
            print("\nStopping.")
        finally:
            for node in reversed(nodes):
                node.stop()


if __name__ == "__main__":
    main()
