#!/usr/bin/env python3
"""A node with 1,000,000 retained messages, and sessions, on disk: how fast they get there, what a restart costs.

usage: restart.py [--messages N] [--sessions N] [--bin DIRECTORY]

Prints a table in Markdown (bench/RESTART.md has one).
"""

import argparse
import pathlib
import select
import signal
import socket
import struct
import tempfile
import time

from brokers import MeshNode, free_port

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAYLOAD = b"x" * 100


def varint(number):
    out = bytearray()
    while True:
        number, digit = divmod(number, 128)
        out.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(out)


def packet(first, body):
    return bytes([first]) + varint(len(body)) + body


def text(value):
    return struct.pack(">H", len(value)) + value


def connect(port, client_id, clean=True):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(packet(0x10, text(b"MQTT") + bytes([4, 2 if clean else 0, 0, 0]) + text(client_id)))
    assert connection.recv(4)[3] == 0
    return connection


def publish_all(port, packets, window):
    """Sends QoS 1 packets with at most `window` unacknowledged; returns the seconds that took."""
    connection = connect(port, b"publisher")
    begin = time.monotonic()
    sent = acknowledged = 0
    rest = b""
    while acknowledged < len(packets):
        room = window - (sent - acknowledged)
        if room > window // 2 and sent < len(packets):
            chunk = packets[sent : sent + room]
            connection.sendall(b"".join(chunk))
            sent += len(chunk)
        select.select([connection], [], [], 30)
        rest += connection.recv(1 << 16)
        acknowledged += len(rest) // 4
        rest = rest[len(rest) // 4 * 4 :]
    connection.close()
    return time.monotonic() - begin


def retained_packets(count, retain=True):
    first = 0x33 if retain else 0x32
    return [
        packet(first, text(b"site/%d/device/%d/state" % (n % 1000, n)) + struct.pack(">H", n % 65535 + 1) + PAYLOAD)
        for n in range(count)
    ]


def private_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1024
    return 0


def disk_bytes(directory):
    return sum(path.stat().st_size for path in pathlib.Path(directory).rglob("*") if path.is_file())


def timed(action):
    begin = time.monotonic()
    action()
    return time.monotonic() - begin


def kill(node):
    node.process.kill()
    node.process.wait()


def stop(node):
    node.process.send_signal(signal.SIGTERM)
    node.process.wait(120)


class Node(MeshNode):
    def __init__(self, directory, options, **settings):
        super().__init__(directory, options.bin, directory.name, free_port())
        self.settings = {"listener.tcp.external.max_conn_rate": 0, **settings}


class Table:
    def __init__(self):
        print("| what | figure |\n|---|---:|")

    def row(self, what, figure):
        print(f"| {what} | {figure} |", flush=True)


def measure_rates(options, directory, table):
    for sync in ("on", "interval", "off"):
        for window in (1, 100, 1000):
            with Node(directory / f"{sync}{window}", options, **{"node.store_sync": sync}) as node:
                count = 20_000 if window > 1 else 2_000
                seconds = publish_all(node.port, retained_packets(count), window)
                table.row(f"retained QoS 1, node.store_sync = {sync}, window {window}", f"{count / seconds:,.0f} msg/s")
    with Node(directory / "plain", options) as node:
        seconds = publish_all(node.port, retained_packets(20_000, retain=False), 1000)
        table.row("not retained, window 1000", f"{20_000 / seconds:,.0f} msg/s")


def measure_retained(options, directory, table):
    node = Node(directory / "retained", options)
    node.start()
    empty = private_bytes(node.pid)
    seconds = publish_all(node.port, retained_packets(options.messages), 1000)
    table.row(f"{options.messages:,} retained messages of 100 bytes, QoS 1, on disk after", f"{seconds:.1f} s")
    table.row("memory for them", f"{(private_bytes(node.pid) - empty) / options.messages:,.0f} bytes each")
    stopping = timed(lambda: stop(node))
    table.row("clean stop", f"{stopping:.2f} s")
    table.row("on disk", f"{disk_bytes(node.directory / 'data/store') / options.messages:,.0f} bytes each")
    table.row("start until clients are accepted", f"{timed(node.start):.2f} s")
    table.row("memory after that", f"{private_bytes(node.pid) / 1e6:,.0f} MB")
    kill(node)
    table.row("start after kill -9", f"{timed(node.start):.2f} s")
    node.stop()


def measure_sessions(options, directory, table):
    node = Node(directory / "sessions", options)
    node.start()
    for n in range(options.sessions):
        connection = connect(node.port, b"c%d" % n, clean=False)
        connection.sendall(packet(0x82, struct.pack(">H", 1) + text(b"s/%d" % n) + b"\1"))
        connection.recv(5)
        connection.close()
    packets = [
        packet(0x32, text(b"s/%d" % (n % options.sessions)) + struct.pack(">H", n % 65535 + 1) + PAYLOAD)
        for n in range(options.sessions * 5)
    ]
    publish_all(node.port, packets, 100)
    what = f"clean stop with {options.sessions:,} sessions, 5 messages waiting in each"
    table.row(what, f"{timed(lambda: stop(node)):.2f} s")
    table.row("start until clients are accepted", f"{timed(node.start):.2f} s")
    node.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--sessions", type=int, default=20_000)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    options = parser.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory(prefix="meshmq-restart-") as name:
        directory = pathlib.Path(name)
        measure_rates(options, directory, table)
        measure_retained(options, directory, table)
        measure_sessions(options, directory, table)


if __name__ == "__main__":
    main()
