#!/usr/bin/env python3
"""MeshMQ and mosquitto under the same load, from the same generator, in turns.

usage: compare.py --bin DIR [--rounds N] [--seconds S] [--only mosquitto|meshmq] [--skip PART,...] [--out FILE]

The measure is messages delivered per CPU-second of the broker: what one core could carry, whatever else the machine
does. Prints tables and writes them to bench/RESULTS.md.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import retained_lookup
from brokers import BenchError, MeshNode, Mosquitto, free_port, link_bytes, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent

# name, arguments of meshmq_bench. Windows keep what is on its way within the shipped queue limits of both brokers.
LOADS = (
    ("1 to 1, QoS 0", ("p2p", "--qos", "0", "--window", "256")),
    ("1 to 1, QoS 1", ("p2p", "--qos", "1", "--window", "256")),
    ("1 to 1000, QoS 0", ("fan-out", "--subscribers", "1000", "--qos", "0", "--window", "32")),
    ("1 to 1000, QoS 1", ("fan-out", "--subscribers", "1000", "--qos", "1", "--window", "32")),
    ("1000 to 1, QoS 0", ("fan-in", "--publishers", "1000", "--qos", "0", "--window", "4")),
    ("1000 to 1, QoS 1", ("fan-in", "--publishers", "1000", "--qos", "1", "--window", "1")),
    ("1 to 100 that share, QoS 0", ("fan-out", "--subscribers", "100", "--shared", "--qos", "0", "--window", "256")),
    ("1 to 100 that share, QoS 1", ("fan-out", "--subscribers", "100", "--shared", "--qos", "1", "--window", "256")),
)
TLS_LOADS = (
    ("TLS, 1 to 1, QoS 0", ("p2p", "--qos", "0", "--window", "256")),
    ("TLS, 1 to 1, QoS 1", ("p2p", "--qos", "1", "--window", "256")),
    ("TLS, 1 to 1000, QoS 0", ("fan-out", "--subscribers", "1000", "--qos", "0", "--window", "32")),
)
WS_LOADS = (
    ("WebSocket, 1 to 1, QoS 0", ("p2p", "--ws", "--qos", "0", "--window", "256")),
    ("WebSocket, 1 to 1, QoS 1", ("p2p", "--ws", "--qos", "1", "--window", "256")),
    ("WebSocket, 1 to 1000, QoS 0", ("fan-out", "--ws", "--subscribers", "1000", "--qos", "0", "--window", "32")),
)
TLS_IDLE_CONNECTIONS = 5_000
BURST = ("fan-out", "--subscribers", "1000", "--qos", "0", "--window", "32")
IDLE_CONNECTIONS = 15_000
JOIN_SUBSCRIPTIONS = 100_000
JOIN_CONNECTIONS = 100


class Bench:
    def __init__(self, options, directory):
        self.options, self.directory = options, pathlib.Path(directory)
        self.generator = pathlib.Path(options.bin) / "meshmq_bench"
        self.epmd_port = free_port()
        self.started = 0

    # ---------------------------------------------------------------- brokers

    def _new_directory(self, name):
        self.started += 1
        return self.directory / f"{self.started}-{name}"

    def mosquitto(self):
        return Mosquitto(self._new_directory("mosquitto"))

    def node(self, name, dist_tls=None):
        return MeshNode(self._new_directory(name), self.options.bin, name, self.epmd_port, dist_tls)

    def dist_tls(self):
        """Path of an ssl_dist_optfile whose nodes verify each other; None without the openssl command."""
        certificate = self.certificate()
        if certificate is None:
            return None
        cert, key = certificate
        options = f'[{{certfile,"{cert}"}},{{keyfile,"{key}"}},{{cacertfile,"{cert}"}}]'
        path = self.directory / "ssl_dist.conf"
        path.write_text(f"[{{server,{options}}},{{client,{options}}}].\n")
        return path

    def certificate(self):
        """Paths of a certificate for localhost and its key; None without the openssl command."""
        if shutil.which("openssl") is None:
            return None
        cert, key = self.directory / "cert.pem", self.directory / "key.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        command += ["-days", "2", "-keyout", key, "-out", cert]
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
        return cert, key

    def contenders(self):
        """What is compared, as (title, maker)."""
        both = (("mosquitto", self.mosquitto), ("MeshMQ", lambda: self.node("b1")))
        return [one for one in both if self.options.only in (None, one[0].lower())]

    # ---------------------------------------------------------------- load

    def run(self, words, publish_to, subscribe_to=None, pids=()):
        """One run of the generator; its JSON as a dictionary."""
        port = "tls_port" if publish_to.certificate else "ws_port" if "--ws" in words else "port"
        command = [self.generator, *words, "--json", "--settle", "0.5", *(["--tls"] if publish_to.certificate else [])]
        command += ["--pub-to", f"127.0.0.1:{getattr(publish_to, port)}"] if words[0] != "connect" else []
        command += ["--sub-to", f"127.0.0.1:{getattr(subscribe_to or publish_to, port)}"]
        command += ["--pid", ",".join(map(str, pids or [publish_to.pid]))]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise BenchError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr}")
        result = json.loads(done.stdout)
        if done.returncode != 0 or result["lost"]:
            say(f"  ! {words[0]} at {publish_to.name}: lost {result['lost']}, doubled {result['duplicates']}, "
                f"disconnected {result['disconnects']} {result['failure']}")
        return result

    def traffic(self, load, publish_to, subscribe_to=None):
        pids = sorted({publish_to.pid, (subscribe_to or publish_to).pid})
        return self.run((*load, "--duration", str(self.options.seconds)), publish_to, subscribe_to, pids)


def say(text=""):
    print(text, flush=True)


def median(results, key):
    return statistics.median(one[key] for one in results)


def count(value):
    return "-" if value is None else f"{value:,.0f}"


def ratio(theirs, ours):
    """Round by round, because the two runs of a round saw the same neighbours on the machine."""
    speeds = [[one["deliveries_per_cpu_second"] for one in side] for side in (theirs, ours)]
    ratios = [b / a for a, b in zip(*speeds) if a]
    return f"{statistics.median(ratios):.2f}" if ratios else "-"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


# -------------------------------------------------------------------- parts


def throughput(bench):
    return ["## One broker", "", *compare(bench, LOADS)]


def compare(bench, loads, certificate=None):
    """Every load against every broker, in turns, so that a noisy minute hits all alike."""
    makers = bench.contenders()
    brokers = [(title, maker()) for title, maker in makers]
    results = {(load, title): [] for load, _ in loads for title, _ in brokers}
    try:
        for _, broker in brokers:
            broker.certificate = certificate
            broker.start()
        for number in range(bench.options.rounds):
            for load, words in loads:
                for title, broker in brokers:
                    one = bench.traffic(words, broker)
                    results[load, title].append(one)
                    say(f"  round {number + 1}  {load:18} {title:10} {count(one['deliveries_per_cpu_second']):>12} "
                        f"per CPU-second, {count(one['delivered_per_second']):>10}/s, "
                        f"p99 {one['latency_ns']['p99'] / 1e6:.2f} ms")
    finally:
        for _, broker in brokers:
            broker.stop()
    return throughput_table(results, loads, [title for title, _ in makers])


def throughput_table(results, loads, titles):
    header = ["messages delivered per broker-CPU-second", *titles]
    header += ["ratio"] if len(titles) == 2 else []
    header += [f"{title} msg/s, p99" for title in titles]
    rows = []
    for load, _ in loads:
        speeds = [median(results[load, title], "deliveries_per_cpu_second") for title in titles]
        row = [load, *map(count, speeds)]
        if len(titles) == 2:
            row.append(ratio(*(results[load, title] for title in titles)))
        for title in titles:
            p99 = statistics.median(one["latency_ns"]["p99"] for one in results[load, title]) / 1e6
            row.append(f"{count(median(results[load, title], 'delivered_per_second'))}, {p99:.1f} ms")
        rows.append(row)
    return table(header, rows)


def tls(bench):
    """The same over TLS 1.3 with an ECDSA certificate."""
    certificate = bench.certificate()
    if certificate is None:
        return ["openssl is not installed: TLS is not measured."]
    lines = ["## TLS", "", *compare(bench, TLS_LOADS, certificate)]
    return [*lines, "", *idle(bench, TLS_IDLE_CONNECTIONS, certificate)]


def websocket(bench):
    return ["## WebSocket", "", *compare(bench, WS_LOADS)]


def retained(bench):
    """Lookups among many retained messages."""
    rows = []
    for title, maker in bench.contenders():
        broker = maker()
        with broker:
            rows.append([title, *retained_lookup.measure(broker, say)])
    return ["## Retained messages", "",
            f"{retained_lookup.MESSAGES:,} retained messages of {retained_lookup.PAYLOAD_BYTES} bytes; CPU of the "
            "broker per SUBSCRIBE that finds them, and private memory per message.", "",
            *table(["broker", "stored per CPU-second", "bytes per message",
                    *(f"`{filter}` ({count(found)})" for filter, found in retained_lookup.LOOKUPS)], rows)]


def mesh(bench):
    """Publishers on one node, subscribers on the other; both nodes' CPU counts. Over TCP and TLS, in turns."""
    pairs = [("TCP", [bench.node(name) for name in ("b1", "b2")])]
    if (optfile := bench.dist_tls()) is not None:
        pairs.append(("TLS", [bench.node(name, optfile) for name in ("b3", "b4")]))
    results = {(load, title): [] for load, _ in LOADS for title, _ in pairs}
    try:
        for _, (one, other) in pairs:
            one.start()
            other.start()
            other.ctl("cluster", "join", one.name)
        for _ in range(bench.options.rounds):
            for load, words in LOADS:
                for title, (one, other) in pairs:
                    results[load, title].append(bench.traffic(words, one, other))
                    speed = results[load, title][-1]["deliveries_per_cpu_second"]
                    say(f"  {load:18} over {title} {count(speed):>12} per CPU-second")
    finally:
        for _, nodes in pairs:
            for node in nodes:
                node.stop()
    return ["## Two nodes: published on one, delivered by the other", "", *mesh_table(results, [t for t, _ in pairs])]


def mesh_table(results, titles):
    header = ["messages delivered per CPU-second of both nodes", *titles]
    header += ["ratio"] if len(titles) == 2 else []
    rows = []
    for load, _ in LOADS:
        row = [load, *(count(median(results[load, title], "deliveries_per_cpu_second")) for title in titles)]
        if len(titles) == 2:
            row.append(ratio(*(results[load, title] for title in titles)))
        for title in titles:
            p99 = statistics.median(one["latency_ns"]["p99"] for one in results[load, title]) / 1e6
            row.append(f"{count(median(results[load, title], 'delivered_per_second'))}, {p99:.1f} ms")
        rows.append(row)
    return table([*header, *(f"{title} msg/s, p99" for title in titles)], rows)


def syscalls(bench):
    """System calls of our broker while it fans out bursts, the end of the 1000 connections included."""
    if shutil.which("strace") is None:
        return ["strace is not installed: no system calls counted."]
    with bench.node("b1") as broker:
        report = bench.directory / "strace.txt"
        command = [bench.generator, *BURST, "--port", broker.port, "--duration", bench.options.seconds, "--settle", 2]
        with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as load:
            load.stdout.readline()  # all are connected; from now on it counts
            strace = subprocess.Popen(["strace", "-c", "-f", "-o", str(report), "-p", str(broker.pid)],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            text = load.stdout.read()
        if strace.poll() is not None:
            return ["strace may not attach here: no system calls counted."]
        strace.send_signal(signal.SIGINT)
        strace.wait(30)
    delivered = int(re.search(r"delivered\s+([\d,]+)", text).group(1).replace(",", ""))
    calls = {}
    for line in report.read_text().splitlines():
        fields = line.split()
        if len(fields) >= 5 and fields[0].replace(".", "").isdigit():
            calls[fields[-1]] = int(fields[3])
    total = calls.pop("total", sum(calls.values()))
    share = ", ".join(f"{name} {n / delivered:.4f}"
                      for name, n in sorted(calls.items(), key=lambda one: -one[1])[:4])
    return ["## System calls", "", f"Fan-out of bursts of 32 messages to 1000 subscribers: "
            f"**{total / delivered:.4f} system calls per delivered message** ({share})."]


def memory(bench):
    return ["## Idle connections", "", *idle(bench, IDLE_CONNECTIONS)]


def idle(bench, connections, certificate=None):
    rows = []
    for title, maker in bench.contenders():
        broker = maker()
        broker.certificate = certificate
        with broker:
            result = bench.run(("connect", "--connections", str(connections)), broker)
            rows.append([title, count(result["broker_bytes_per_connection"]),
                         count(connections / result["connect_seconds"])])
            say("  " + "  ".join(rows[-1]))
    return [f"{connections:,} connections with one subscription each; private anonymous memory.", "",
            *table(["broker", "bytes per connection", "connections accepted per second"], rows)]


def join(bench):
    """Three nodes share many subscriptions, a fourth joins: until its routes are complete, and the bytes it took."""
    nodes = [bench.node(f"b{number}") for number in range(1, 5)]
    clients = []
    try:
        for node in nodes:
            node.start()
        for node in nodes[1:3]:
            node.ctl("cluster", "join", nodes[0].name)
        begin = time.monotonic()
        clients = [subscribe_many(bench, nodes[:3], extra) for extra in ((), ("--wildcard",))]
        subscribed = time.monotonic() - begin
        joiner = nodes[3]
        begin = time.monotonic()
        joiner.ctl("cluster", "join", nodes[0].name)
        joined = time.monotonic() - begin
        wait_until(lambda: joiner.number("stats", "routes.count") == JOIN_SUBSCRIPTIONS, "all routes", 60)
        complete = time.monotonic() - begin
        received = link_bytes(joiner)
        wire = "bytes not counted (ss is not installed)"
        if received is not None:
            each = f"{received / JOIN_SUBSCRIPTIONS:.0f} per subscription"
            wire = f"{received:,} bytes received from the other nodes ({each})"
        tables = [sorted(node.ctl("routes", "list").splitlines()) for node in nodes]
        if any(one != tables[0] for one in tables) or len(tables[0]) != JOIN_SUBSCRIPTIONS:
            raise BenchError(f"the tables differ: {[len(one) for one in tables]} routes")
    finally:
        for client in clients:
            client.terminate()
            client.wait(20)
        for node in nodes:
            node.stop()
    return ["## A node joins", "",
            f"Three nodes with {JOIN_SUBSCRIPTIONS:,} subscriptions (half of them wildcards, made in "
            f"{subscribed:.1f} s), a fourth joins: `cluster join` answers after {joined:.2f} s, its routes are "
            f"**complete and equal after {complete:.2f} s**; {wire}."]


def subscribe_many(bench, nodes, extra):
    """Starts a generator that holds half of the subscriptions; returns when all are acknowledged."""
    per_connection = JOIN_SUBSCRIPTIONS // 2 // JOIN_CONNECTIONS
    command = [bench.generator, "connect", "--connections", JOIN_CONNECTIONS, "--subscriptions", per_connection,
               "--hold", 3600, "--settle", 0, *extra]
    command += ["--sub-to", ",".join(f"127.0.0.1:{node.port}" for node in nodes)]
    client = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    if not client.stdout.readline().startswith("connect:"):
        raise BenchError("the subscriptions could not be made")
    return client


PARTS = {part.__name__: part for part in (throughput, tls, websocket, retained, mesh, syscalls, memory, join)}

# -------------------------------------------------------------------- report


def machine():
    model = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    total = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return (f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, "
            f"{int(total.group(1)) // 1024 // 1024} GiB, Linux {platform.release()}")


def revision():
    done = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, help="directory of meshmq, meshmq_ctl and meshmq_bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4, help="of each run")
    parser.add_argument("--only", choices=("mosquitto", "meshmq"))
    parser.add_argument("--skip", default="", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--out", default=str(ROOT / "bench/RESULTS.md"), help="'-': nowhere")
    options = parser.parse_args()
    skipped = set(filter(None, options.skip.split(",")))
    if skipped - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(skipped - PARTS.keys()))}")
    if options.only == "mosquitto":
        skipped |= {"mesh", "syscalls", "join"}
    if options.only != "meshmq" and Mosquitto.program() is None:
        parser.error("mosquitto is not installed (--only meshmq does without)")

    report = ["# Results of `make bench`", "",
              f"{datetime.date.today().isoformat()}, revision {revision()}, mosquitto "
              f"{Mosquitto.version() if Mosquitto.program() else '-'}.", "",
              f"Machine: {machine()}. Generator and brokers share it; every figure is the median of "
              f"{options.rounds} rounds of {options.seconds:g} s, 100-byte payload, MQTT 3.1.1."]
    with tempfile.TemporaryDirectory(prefix="meshmq-bench-") as directory:
        bench = Bench(options, directory)
        for name, part in PARTS.items():
            if name in skipped:
                continue
            say(f"{name} ...")
            lines = part(bench)
            say("\n".join(lines) + "\n")
            report += ["", *lines]
    if options.out != "-":
        pathlib.Path(options.out).write_text("\n".join(report) + "\n")
        say(f"written to {options.out}")


if __name__ == "__main__":
    try:
        main()
    except BenchError as error:
        sys.exit(f"compare.py: {error}")
