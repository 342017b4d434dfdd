#!/usr/bin/env python3
"""Five nodes on five hosts under load while the network and the nodes misbehave: what is lost, and how fast it heals.

usage: chaos.py [--bin DIRECTORY] [--pairs N] [--rate N] [SCENARIO ...]

Everything happens in network namespaces of its own. Each scenario runs meshmq_bench with pairs of clients on different
nodes at QoS 1, breaks something, mends it, and waits until all nodes see each other and hold the same. A row tells the
messages that were lost, doubled (allowed at QoS 1), out of order, the clients that were disconnected, and the time from
the mend until every node saw all others run. Exit status 1: something was lost, somebody was disconnected, or
`cluster verify` found a difference.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

SETTINGS = {"node.net_ticktime": "4s", "log.level": "warning"}


def addresses(nodes):
    return "{" + ",".join(node.address for node in nodes) + "}"


def from_to(side, other, verdict="drop"):
    """A rule for what goes from one side's nodes to the other's."""
    return f"ip saddr {addresses(side)} ip daddr {addresses(other)} {verdict}"


def both_ways(side, other):
    return [from_to(side, other), from_to(other, side)]


class Chaos:
    """The cluster, the host that its clients are on, and what can be done to them."""

    def __init__(self, harness, options):
        self.harness, self.options = harness, options
        self.scene = harness.Scene("chaos")
        self.nodes = self.scene.cluster(5, settings=SETTINGS)
        self.clients = self.scene.host()

    # ---------------------------------------------------------------- faults

    def wire(self, *rules):
        """Rules for packets on the switch; none: all pass."""
        lines = ["table bridge wire", "delete table bridge wire", "table bridge wire {"]
        lines += ["chain forward { type filter hook forward priority 0; policy accept;", *rules, "}", "}"]
        self.scene.network.switch.run(["nft", "-f", "-"], input="\n".join(lines), stdin=None)

    def delay(self, on):
        """Of what nodes send, where this kernel has netem."""
        for node in self.nodes:
            words = ["add", "dev", "eth0", "root", "netem", "delay", "20ms", "5ms"]
            words = words if on else ["del", "dev", "eth0", "root"]
            if node.host.run(["tc", "qdisc", *words], check=False).returncode != 0:
                return on and print("(no netem in this kernel: loss without delay)")

    def quiet(self):
        time.sleep(3)

    def loss(self):
        self.delay(True)
        self.wire(from_to(self.nodes, self.nodes, "numgen random mod 100 < 2 drop"))
        time.sleep(10)
        self.wire()
        self.delay(False)

    def cut(self):
        self.wire(*both_ways(self.nodes[:1], self.nodes[1:2]))
        time.sleep(10)
        self.wire()

    def one_way(self):
        self.wire(from_to(self.nodes[:1], self.nodes[1:2]))
        time.sleep(10)
        self.wire()

    def flapping(self):
        for _ in range(5):
            self.wire(*both_ways(self.nodes[:2], self.nodes[2:]))
            time.sleep(1.5)
            self.wire()
            time.sleep(1)

    def split(self):
        self.wire(*both_ways(self.nodes[:2], self.nodes[2:]))
        time.sleep(12)
        self.wire()

    def three_parts(self):
        parts = [self.nodes[:2], self.nodes[2:4], self.nodes[4:]]
        self.wire(*(from_to(a, b) for a in parts for b in parts if a is not b))
        time.sleep(12)
        self.wire()

    def kill(self):
        """A node without clients; they could not keep their connections."""
        victim = self.nodes[4]
        victim.kill()
        time.sleep(3)
        victim.start()

    def pause(self):
        """A machine stands still: clients of this one wait, nobody else notices."""
        victim = self.nodes[1]
        victim.process.send_signal(signal.SIGSTOP)
        time.sleep(10)
        victim.process.send_signal(signal.SIGCONT)

    def leave_and_join(self):
        for _ in range(3):
            self.nodes[4].ctl("cluster", "leave")
            self.nodes[4].ctl("cluster", "join", self.nodes[0].name)
        self.nodes[0].ctl("cluster", "force-leave", self.nodes[4].name)
        self.nodes[4].ctl("cluster", "join", self.nodes[1].name)

    # ---------------------------------------------------------------- one scenario

    def load(self):
        """Publishers on the first four nodes, each with its subscriber on another one of them."""
        options = self.options
        places = [f"{node.address}:{node.mqtt_port}" for node in self.nodes[:4]]
        command = [self.harness.BIN / "meshmq_bench", "p2p", "--json", "--qos", "1", "--pairs", options.pairs]
        command += ["--rate", options.rate, "--duration", options.seconds, "--stall", "60", "--window", "0"]
        command += ["--pub-to", *places, "--sub-to", *places[1:], places[0]]
        return self.scene.spawn(self.clients, list(map(str, command)), stderr=subprocess.PIPE)

    def run(self, name):
        load = self.load()
        time.sleep(3)
        getattr(self, name)()
        mended = time.monotonic()
        self.harness.wait_running(self.nodes)
        healed = time.monotonic() - mended
        out, err = load.communicate(timeout=180)
        if load.returncode not in (0, 1):
            raise self.harness.Failed(f"meshmq_bench: exit {load.returncode}\n{err}")
        result = json.loads(out)
        verified = [node.ctl("cluster", "verify", code=None) for node in self.nodes]
        same = all(output.code == 0 for output in verified)
        print(f"| {name} | {result['published']:,} | {result['lost']} | {result['duplicates']} | "
              f"{result['out_of_order']} | {result['disconnects']} | {result['latency_ns']['max'] / 1e6:,.0f} ms | "
              f"{healed * 1000:,.0f} ms | {'yes' if same else 'NO'} |", flush=True)
        if not same:
            print("\n".join(output.out for output in verified))
        return same and result["lost"] == 0 and result["disconnects"] == 0


SCENARIOS = ["quiet", "loss", "cut", "one_way", "flapping", "split", "three_parts", "kill", "pause", "leave_and_join"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=os.environ.get("MESHMQ_BIN", ROOT / "build/release/bin"))
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--rate", type=int, default=25, help="messages per second of each publisher")
    parser.add_argument("--seconds", type=int, default=20, help="of load in each scenario")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    options = parser.parse_args()
    if unknown := set(options.scenarios) - set(SCENARIOS):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    os.environ["MESHMQ_BIN"] = str(options.bin)
    import harness  # reads MESHMQ_BIN
    import network

    network.become_root()

    chaos = Chaos(harness, options)
    good = True
    try:
        print("| scenario | published | lost | doubled | out of order | disconnected | slowest | healed after | "
              "all the same |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|---|", flush=True)
        for name in options.scenarios or SCENARIOS:
            good = chaos.run(name) and good
    finally:
        problems = chaos.scene.close()
    print("\n".join(problems))
    sys.exit(0 if good and not problems else 1)


if __name__ == "__main__":
    main()
