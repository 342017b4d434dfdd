"""meshmq_bench against a broker that loses, doubles and swaps messages on purpose: what it counts, how it ends.

usage: MESHMQ_BENCH=path exit_codes_test.py
"""

import json
import os
import selectors
import socket
import subprocess
import threading
import unittest

BENCH = os.environ["MESHMQ_BENCH"]


class FaultyBroker:
    """As much of MQTT 3.1.1 as the generator speaks: every PUBLISH goes to every subscriber, unless `mangle` says else.

    mangle(n, packet) gets the n-th PUBLISH and returns the packets to deliver instead, None to hang up.
    """

    def __init__(self, mangle=lambda n, packet: [packet], connack=b"\x20\x02\x00\x00", acknowledges=True):
        self.mangle, self.connack, self.acknowledges = mangle, connack, acknowledges
        self.published, self.subscribers, self.buffers = 0, [], {}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.running = True
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
        for client in [self.listener, *self.buffers]:
            client.close()

    def serve(self):
        while self.running:
            for key, _ in self.selector.select(0.05):
                if key.fileobj is self.listener:
                    client, _ = self.listener.accept()
                    self.buffers[client] = b""
                    self.selector.register(client, selectors.EVENT_READ)
                else:
                    self.read(key.fileobj)

    def read(self, client):
        data = client.recv(65536)
        if not data:
            return self.drop(client)
        self.buffers[client] += data
        while client in self.buffers and (packet := self.take(client)):
            self.handle(client, packet)

    def take(self, client):
        buffer = self.buffers[client]
        length, size = 0, 1
        while True:
            if size >= len(buffer):
                return None
            length |= (buffer[size] & 0x7F) << 7 * (size - 1)
            size += 1
            if buffer[size - 1] < 0x80:
                break
        if len(buffer) < size + length:
            return None
        self.buffers[client] = buffer[size + length :]
        return buffer[: size + length]

    def handle(self, client, packet):
        kind = packet[0] >> 4
        if kind == 1 and self.connack:
            client.sendall(self.connack)
        elif kind == 8:
            self.subscribers.append(client)
            client.sendall(b"\x90\x03" + packet[2:4] + b"\x01")
        elif kind == 3:
            self.publish(client, packet)

    def publish(self, client, packet):
        if packet[0] & 6 and self.acknowledges:
            client.sendall(b"\x40\x02" + self.packet_id(packet))
        self.published += 1
        packets = self.mangle(self.published, packet)
        if packets is None:
            for one in self.subscribers:
                self.drop(one)
            return
        for one in self.subscribers:
            one.sendall(b"".join(packets))

    @staticmethod
    def packet_id(packet):
        at = 1
        while packet[at] >= 0x80:
            at += 1
        topic = int.from_bytes(packet[at + 1 : at + 3], "big")
        return packet[at + 3 + topic : at + 5 + topic]

    def drop(self, client):
        self.selector.unregister(client)
        del self.buffers[client]
        client.close()


def bench(*words):
    done = subprocess.run([BENCH, *map(str, words)], capture_output=True, text=True, timeout=60)
    return done


class ExitCodes(unittest.TestCase):
    def p2p(self, broker, *words):
        done = bench("p2p", "--port", broker.port, "--json", "--settle", 0, "--stall", 0.5, "-n", 50, *words)
        return done.returncode, json.loads(done.stdout)

    def test_all_is_well(self):
        for qos in (0, 1):
            with FaultyBroker() as broker:
                code, result = self.p2p(broker, "-q", qos)
            self.assertEqual((code, result["delivered"], result["lost"], result["duplicates"]), (0, 50, 0, 0))
            self.assertEqual(result["latency_ns"]["count"], 50)

    def test_lost_messages_break_qos_1_but_not_qos_0(self):
        for qos in (0, 1):
            with FaultyBroker(lambda n, packet: [] if n % 10 == 0 else [packet]) as broker:
                code, result = self.p2p(broker, "-q", qos)
            self.assertEqual((code, result["lost"], result["stalled"]), (qos, 5, True))

    def test_doubled_messages_break_qos_0_but_not_qos_1(self):
        for qos in (0, 1):
            with FaultyBroker(lambda n, packet: [packet] * 2 if n == 7 else [packet]) as broker:
                code, result = self.p2p(broker, "-q", qos)
            self.assertEqual((code, result["duplicates"], result["lost"]), (1 - qos, 1, 0))

    def test_swapped_messages_are_seen(self):
        kept = []

        def swap(n, packet):
            if n == 20:
                kept.append(packet)
                return []
            return [packet, *kept] if n == 21 else [packet]

        with FaultyBroker(swap) as broker:
            code, result = self.p2p(broker)
        self.assertEqual((code, result["out_of_order"], result["lost"], result["delivered"]), (0, 1, 0, 50))

    def test_a_broker_that_does_not_acknowledge(self):
        with FaultyBroker(acknowledges=False) as broker:
            code, result = self.p2p(broker, "-q", 1, "--window", 10)
        self.assertEqual((code, result["published"], result["acknowledged"]), (1, 10, 0))

    def test_a_broker_that_hangs_up(self):
        with FaultyBroker(lambda n, packet: None if n == 30 else [packet]) as broker:
            code, result = self.p2p(broker)
        self.assertEqual((code, result["disconnects"]), (1, 1))
        self.assertIn("closed by the broker", result["failure"])

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        done = bench("p2p", "--port", port)
        self.assertEqual(done.returncode, 3)
        self.assertIn("Connection refused", done.stderr)

    def test_a_refusal_says_why(self):
        with FaultyBroker(connack=b"\x20\x02\x00\x05") as broker:
            done = bench("connect", "--port", broker.port)
        self.assertEqual(done.returncode, 3)
        self.assertIn("not_authorized", done.stderr)

    def test_silence_is_not_waited_for_forever(self):
        with FaultyBroker(connack=b"") as broker:
            done = bench("connect", "-c", 3, "--port", broker.port, "--connect-timeout", 0.5)
        self.assertEqual(done.returncode, 3)
        self.assertIn("3 of 3 clients got no answer", done.stderr)

    def test_usage(self):
        for words in ((), ("p2p", "--qos", "3"), ("p2p", "--window", "0"), ("p2p", "--pub-to", "a:b"), ("nothing",)):
            self.assertEqual(bench(*words).returncode, 2, words)
        self.assertEqual(bench("--help").returncode, 0)
        self.assertIn("--shared", bench("fan-in", "--help").stdout)


if __name__ == "__main__":
    unittest.main()
