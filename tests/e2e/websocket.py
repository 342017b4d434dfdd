"""WebSocket by hand (RFC 6455), for precise assertions: a connection that mqtt_client.Client can use as its socket."""

import base64
import os
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def request(path="/mqtt", protocol="mqtt", headers=(), version=13):
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: broker",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        f"Sec-WebSocket-Version: {version}",
    ]
    if protocol:
        lines.append(f"Sec-WebSocket-Protocol: {protocol}")
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def frame(opcode, payload=b"", final=True, masked=True):
    head = bytes([(0x80 if final else 0) | opcode])
    mark = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([mark | len(payload)])
    elif len(payload) < 65536:
        head += bytes([mark | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([mark | 127]) + struct.pack(">Q", len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class WebSocket:
    """After shake_hands() it looks like a socket: sendall() sends one message, recv() gives what messages hold."""

    def __init__(self, connection, cut=None):
        """`cut`: a function from the bytes of one sendall() to frames, instead of one message."""
        self.socket, self.cut = connection, cut or (lambda data: frame(BINARY, data))
        self.close_code = None
        self._input = b""

    def shake_hands(self, **options):
        """Returns the status and the headers of the answer."""
        self.socket.sendall(request(**options))
        return self.read_answer()

    def read_answer(self):
        while b"\r\n\r\n" not in self._input:
            data = self.socket.recv(4096)
            if not data:
                break
            self._input += data
        head, _, self._input = self._input.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        return int(first.split()[1]), dict(line.split(": ", 1) for line in lines)

    def _take(self, count):
        while len(self._input) < count:
            data = self.socket.recv(65536)
            if not data:
                return None
            self._input += data
        taken, self._input = self._input[:count], self._input[count:]
        return taken

    def read_frame(self):
        """(opcode, payload); None at the end of the connection."""
        head = self._take(2)
        if head is None:
            return None
        length = head[1] & 127
        if length == 126:
            (length,) = struct.unpack(">H", self._take(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self._take(8))
        payload = self._take(length)
        return None if payload is None else (head[0] & 15, payload)

    # ---------------------------------------------------------------- as a socket

    def fileno(self):
        return self.socket.fileno()

    def settimeout(self, seconds):
        self.socket.settimeout(seconds)

    def sendall(self, data):
        self.socket.sendall(self.cut(data))

    def recv(self, _size):
        """What the frames hold that have come; waits for one. Pings are answered."""
        data = b""
        while not data or self._has_frame():
            found = self.read_frame()
            if found is None:
                break
            opcode, payload = found
            if opcode == CLOSE:
                self.close_code = struct.unpack(">H", payload[:2])[0] if payload else None
                break
            if opcode == PING:
                self.socket.sendall(frame(PONG, payload))
            elif opcode in (0, BINARY):
                data += payload
        return data

    def _has_frame(self):
        """Whether reading the next frame would not wait: nobody else looks at what has come already."""
        if len(self._input) < 2:
            return False
        length, head = self._input[1] & 127, 2
        if length >= 126:
            head = 4 if length == 126 else 10
            if len(self._input) < head:
                return False
            length = int.from_bytes(self._input[2:head], "big")
        return len(self._input) >= head + length

    def shutdown(self, how):
        self.socket.shutdown(how)

    def close(self):
        self.socket.close()
