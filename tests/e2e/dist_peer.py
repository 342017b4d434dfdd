"""A badly behaved Erlang node: as much of the distribution handshake as a test wants, then something else."""

import hashlib
import os
import struct

# All that OTP 25 demands, hidden; the same without BIG_CREATION and without the flag that stands for all of them.
FLAGS = 0x507070F94
FLAGS_OF_OURS = FLAGS | 1 << 60  # as a MeshMQ node
FLAGS_TOO_FEW = FLAGS & ~0x40000 & ~0x4000000
CREATION = 7


def digest(cookie, challenge):
    return hashlib.md5(f"{cookie}{challenge}".encode()).digest()


class Peer:
    """The connecting side of one distribution connection."""

    def __init__(self, connection, name):
        self.socket, self.name = connection, name

    def send(self, body):
        self.socket.sendall(struct.pack(">H", len(body)) + body)

    def receive(self):
        """One handshake message; empty at the end of the connection."""
        header = self._exactly(2)
        return self._exactly(struct.unpack(">H", header)[0]) if header else b""

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                more = self.socket.recv(count - len(data))
            except ConnectionError:
                more = b""
            if not more:
                return b""
            data += more
        return data

    def send_name(self, flags=FLAGS):
        name = self.name.encode()
        self.send(b"N" + struct.pack(">QIH", flags, CREATION, len(name)) + name)
        return self.receive()

    def handshake(self, cookie, flags=FLAGS):
        """The whole of it; true if the other side proved that it knows the cookie too."""
        status = self.send_name(flags)
        if status != b"sok":
            raise AssertionError(f"status {status}")
        challenge = self.receive()
        theirs = struct.unpack(">I", challenge[9:13])[0]
        ours = int.from_bytes(os.urandom(4), "big")
        self.send(b"r" + struct.pack(">I", ours) + digest(cookie, theirs))
        return self.receive() == b"a" + digest(cookie, ours)

    def send_frame(self, body):
        self.socket.sendall(struct.pack(">I", len(body)) + body)

    def wait_closed(self, seconds):
        """Reads until the other side closes; false if it does not in time."""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(4096):
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            pass
        return True


def atom(text):
    return b"w" + bytes([len(text)]) + text.encode()


def reg_send(sender, to, payload):
    """The frame of a REG_SEND whose message is one binary."""
    pid = b"X" + atom(sender) + struct.pack(">III", 1, 0, CREATION)
    control = b"\x83h\x04a\x06" + pid + atom("") + atom(to)
    return b"p" + control + b"\x83m" + struct.pack(">I", len(payload)) + payload
