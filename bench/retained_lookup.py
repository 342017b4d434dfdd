"""What a SUBSCRIBE costs a broker that has many retained messages, found by a name or by a wildcard."""

import os
import pathlib
import re
import socket
import struct
import time

SITES, DEVICES, METRICS = 1000, 100, 10
MESSAGES = SITES * DEVICES * METRICS
PAYLOAD_BYTES = 32
# filter, how many it finds
LOOKUPS = (
    ("fleet/17/42/3", 1),
    ("fleet/17/42/+", METRICS),
    ("fleet/17/#", DEVICES * METRICS),
    ("fleet/+/42/3", SITES),
)
LOOKUP_SECONDS = 2.0
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def private_bytes(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Anonymous:\s*(\d+)", text, re.MULTILINE).group(1)) * 1024


def packet(first, body):
    size, length = len(body), b""
    while True:
        size, low = divmod(size, 128)
        length += bytes([low | (0x80 if size else 0)])
        if not size:
            return bytes([first]) + length + body


def text(value):
    return struct.pack(">H", len(value)) + value


class Client:
    """MQTT 3.1.1, as much of it as is needed here."""

    def __init__(self, broker):
        self.socket = socket.create_connection(("127.0.0.1", broker.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.socket.sendall(packet(0x10, text(b"MQTT") + b"\x04\x02\x00\x00" + text(b"retained-lookup")))
        self.wait_for(2, 1)

    def wait_for(self, kind, number):
        """Reads until `number` packets of this kind have come."""
        while number:
            while (size := self.complete()) is None:
                more = self.socket.recv(1 << 20)
                if not more:
                    raise ConnectionError("the broker has closed")
                self.buffer += more
            number -= self.buffer[0] >> 4 == kind
            self.buffer = self.buffer[size:]

    def complete(self):
        """Size of the first packet, or None."""
        length = 0
        for i in range(1, min(5, len(self.buffer))):
            length |= (self.buffer[i] & 0x7F) << 7 * (i - 1)
            if not self.buffer[i] & 0x80:
                size = 1 + i + length
                return size if size <= len(self.buffer) else None
        return None

    def ping(self):
        self.socket.sendall(b"\xc0\x00")
        self.wait_for(13, 1)

    def store_all(self):
        payload = b"x" * PAYLOAD_BYTES
        for site in range(SITES):
            names = [b"fleet/%d/%d/%d" % (site, i // METRICS, i % METRICS) for i in range(DEVICES * METRICS)]
            self.socket.sendall(b"".join(packet(0x31, text(name) + payload) for name in names))
            self.ping()

    def look_up(self, filter, found):
        self.socket.sendall(packet(0x82, b"\0\1" + text(filter) + b"\0"))
        self.wait_for(3, found)
        self.socket.sendall(packet(0xA2, b"\0\2" + text(filter)))
        self.wait_for(11, 1)


def wait_until_quiet(pid):
    """What a broker does with its disk afterwards is no part of a lookup."""
    busy = 1.0
    while busy > 0.02:
        begin = cpu_seconds(pid)
        time.sleep(1)
        busy = cpu_seconds(pid) - begin


def measure(broker, say):
    """A row: stored per CPU-second, bytes per message, microseconds per lookup."""
    client = Client(broker)
    begin_cpu, begin_bytes = cpu_seconds(broker.pid), private_bytes(broker.pid)
    client.store_all()
    row = [f"{MESSAGES / (cpu_seconds(broker.pid) - begin_cpu):,.0f}",
           f"{(private_bytes(broker.pid) - begin_bytes) / MESSAGES:,.0f}"]
    wait_until_quiet(broker.pid)
    for filter, found in LOOKUPS:
        begin, count, end = cpu_seconds(broker.pid), 0, time.monotonic() + LOOKUP_SECONDS
        while time.monotonic() < end:
            client.look_up(filter.encode(), found)
            count += 1
        row.append(f"{(cpu_seconds(broker.pid) - begin) / count * 1e6:,.1f} µs")
        say(f"  {broker.name:16} {filter:16} {row[-1]}")
    return row
