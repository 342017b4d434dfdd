"""A small MQTT client for precise assertions: 3.1.1 and 5.0, one blocking socket, every packet can be looked at.

It acknowledges what it receives at once (QoS 1 and 2) unless `auto_ack` is off, and keeps every PUBLISH in order.
"""

import collections
import select
import socket
import struct
import time

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 2, 3, 4, 5, 6, 7
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 8, 9, 10, 11, 12, 13, 14
AUTH = 15
NAMES = {value: name for name, value in list(globals().items()) if name.isupper() and isinstance(value, int)}

# MQTT 5 property -> (identifier, kind)
PROPERTIES = {
    "payload_format": (0x01, "u8"),
    "message_expiry": (0x02, "u32"),
    "content_type": (0x03, "text"),
    "response_topic": (0x08, "text"),
    "correlation_data": (0x09, "bytes"),
    "subscription_identifier": (0x0B, "varint"),
    "session_expiry": (0x11, "u32"),
    "assigned_client_id": (0x12, "text"),
    "server_keep_alive": (0x13, "u16"),
    "auth_method": (0x15, "text"),
    "auth_data": (0x16, "bytes"),
    "request_problem": (0x17, "u8"),
    "will_delay": (0x18, "u32"),
    "request_response": (0x19, "u8"),
    "response_information": (0x1A, "text"),
    "server_reference": (0x1C, "text"),
    "reason_string": (0x1F, "text"),
    "receive_maximum": (0x21, "u16"),
    "topic_alias_maximum": (0x22, "u16"),
    "topic_alias": (0x23, "u16"),
    "maximum_qos": (0x24, "u8"),
    "retain_available": (0x25, "u8"),
    "user": (0x26, "pair"),
    "maximum_packet_size": (0x27, "u32"),
    "wildcard_available": (0x28, "u8"),
    "subscription_identifier_available": (0x29, "u8"),
    "shared_available": (0x2A, "u8"),
}
_BY_IDENTIFIER = {identifier: (name, kind) for name, (identifier, kind) in PROPERTIES.items()}
_FIXED = {"u8": ">B", "u16": ">H", "u32": ">I"}

Message = collections.namedtuple("Message", "topic payload qos retain dup properties", defaults=[{}])
Packet = collections.namedtuple("Packet", "kind flags body")


class MqttError(AssertionError):
    """The broker did what the test did not expect."""


def varint(number):
    out = bytearray()
    while True:
        number, digit = divmod(number, 128)
        out.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(out)


def binary(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">H", len(data)) + data


def encode_properties(properties):
    out = b""
    for name, value in (properties or {}).items():
        identifier, kind = PROPERTIES[name]
        for item in value if isinstance(value, list) else [value]:
            out += bytes([identifier])
            if kind in _FIXED:
                out += struct.pack(_FIXED[kind], item)
            elif kind == "varint":
                out += varint(item)
            elif kind == "pair":
                out += binary(item[0]) + binary(item[1])
            else:
                out += binary(item)
    return varint(len(out)) + out


class Reader:
    """Takes a packet's body apart."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise MqttError(f"packet too short: {self.data.hex()}")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def binary(self):
        return self.take(self.number(">H"))

    def text(self):
        return self.binary().decode()

    def varint(self):
        value = shift = 0
        while True:
            digit = self.number(">B")
            value |= (digit & 127) << shift
            shift += 7
            if not digit & 128:
                return value

    def rest(self):
        return self.take(len(self.data) - self.at)

    def properties(self):
        end = self.varint()
        end += self.at
        found = {}
        while self.at < end:
            name, kind = _BY_IDENTIFIER[self.number(">B")]
            if kind in _FIXED:
                value = self.number(_FIXED[kind])
            elif kind == "varint":
                value = self.varint()
            elif kind == "pair":
                value = (self.text(), self.text())
            else:
                value = self.text() if kind == "text" else self.binary()
            if name in ("user", "subscription_identifier"):
                found.setdefault(name, []).append(value)
            else:
                found[name] = value
        return found


class Client:
    """One connection. `timeout` bounds every wait."""

    def __init__(self, connection, client_id="", version=4, timeout=20):
        self.socket = connection
        self.client_id = client_id
        self.version = version
        self.timeout = timeout
        self.auto_ack = True
        self.messages = collections.deque()
        self.session_present = None
        self.connack_code = None
        self.connack_properties = {}
        self.disconnect_code = None
        self.closed = False
        self._buffer = bytearray()
        self._packets = collections.deque()
        self._next_id = 0
        self._released = set()

    # ---------------------------------------------------------------- packets

    def send_packet(self, kind, flags, body):
        self.socket.sendall(bytes([kind << 4 | flags]) + varint(len(body)) + body)

    def _acknowledge(self, kind, packet_id):
        try:
            self.send_packet(kind, 0, struct.pack(">H", packet_id))
        except (BrokenPipeError, ConnectionResetError):
            pass  # the broker has closed: what it said before is still to be read

    def _packet_id(self):
        self._next_id = self._next_id % 65535 + 1
        return self._next_id

    def _split(self):
        """The next whole packet of the buffer, or None."""
        length = shift = 0
        for index in range(1, min(5, len(self._buffer))):
            length |= (self._buffer[index] & 127) << shift
            shift += 7
            if not self._buffer[index] & 128:
                end = index + 1 + length
                if len(self._buffer) < end:
                    return None
                first, body = self._buffer[0], bytes(self._buffer[index + 1 : end])
                del self._buffer[:end]
                return Packet(first >> 4, first & 15, body)
        return None

    def _read(self, deadline):
        """The next packet before the deadline, or None; after the end of the connection None at once."""
        while True:
            packet = self._split()
            if packet:
                return packet
            left = deadline - time.monotonic()
            if self.closed or left < 0 or not select.select([self.socket], [], [], left)[0]:
                return None
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                self.closed = True
            self._buffer += data

    def _handle(self, packet):
        """Deals with PUBLISH and the QoS 2 hand-shake of received messages; returns other packets."""
        if packet.kind == PUBLISH:
            reader, qos = Reader(packet.body), packet.flags >> 1 & 3
            topic = reader.text()
            packet_id = reader.number(">H") if qos else None
            properties = reader.properties() if self.version == 5 else {}
            message = Message(topic, reader.rest(), qos, bool(packet.flags & 1), bool(packet.flags & 8), properties)
            if not (qos == 2 and packet_id in self._released):
                self.messages.append(message)
            if qos == 2:
                self._released.add(packet_id)
            if qos and self.auto_ack:
                self._acknowledge(PUBACK if qos == 1 else PUBREC, packet_id)
            return None
        if packet.kind == PUBREL:
            self._released.discard(Reader(packet.body).number(">H"))
            if self.auto_ack:
                self._acknowledge(PUBCOMP, Reader(packet.body).number(">H"))
            return None
        if packet.kind == DISCONNECT:
            self.disconnect_code = packet.body[0] if packet.body else 0
        return packet

    def wait_for(self, kind, packet_id=None):
        """The next packet of this kind (and id); anything else but messages is an error."""
        deadline = time.monotonic() + self.timeout
        while True:
            packet = self._read(deadline)
            if packet is None:
                why = f"closed, reason {self.disconnect_code}" if self.closed else f"nothing in {self.timeout} s"
                raise MqttError(f"{self.client_id}: waited for {NAMES[kind]}: {why}")
            if (packet := self._handle(packet)) is None:
                continue
            if packet.kind == kind and (packet_id is None or Reader(packet.body).number(">H") == packet_id):
                return packet
            if packet.kind != DISCONNECT:
                raise MqttError(f"{self.client_id}: waited for {NAMES[kind]}, got {packet}")

    # ---------------------------------------------------------------- what a client does

    def connect(self, expect=0, **options):
        self.start_connect(**options)
        return self.connected(expect)

    def start_connect(self, clean=True, keepalive=60, will=None, properties=None, username=None, password=None):
        """Sends CONNECT and does not wait."""
        flags = 2 if clean else 0
        body = binary("MQTT") + bytes([self.version])
        payload = binary(self.client_id)
        if will:
            flags |= 4 | will.qos << 3 | (0x20 if will.retain else 0)
            if self.version == 5:
                payload += encode_properties(will.properties)
            payload += binary(will.topic) + binary(will.payload)
        if username is not None:
            flags |= 0x80
            payload += binary(username)
        if password is not None:
            flags |= 0x40
            payload += binary(password)
        body += bytes([flags]) + struct.pack(">H", keepalive)
        if self.version == 5:
            body += encode_properties(properties)
        self.send_packet(CONNECT, 0, body + payload)

    def send_auth(self, code, method, data):
        self.send_packet(AUTH, 0, bytes([code]) + encode_properties({"auth_method": method, "auth_data": data}))

    def receive_auth(self):
        """Waits for AUTH; returns its reason code and data."""
        reader = Reader(self.wait_for(AUTH).body)
        if not reader.data:
            return 0, b""
        return reader.number(">B"), reader.properties()["auth_data"]

    def connected(self, expect=0):
        """Waits for CONNACK."""
        reader = Reader(self.wait_for(CONNACK).body)
        self.session_present = bool(reader.number(">B"))
        self.connack_code = reader.number(">B")
        if self.version == 5:
            self.connack_properties = reader.properties()
            self.client_id = self.client_id or self.connack_properties.get("assigned_client_id", "")
        if self.connack_code != expect:
            raise MqttError(f"{self.client_id}: CONNACK {self.connack_code:#x}, expected {expect:#x}")
        return self

    def wait_connack(self):
        """Waits for CONNACK, whatever it says; returns its code."""
        return Reader(self.wait_for(CONNACK).body[1:]).number(">B")

    def subscribe(self, *filters, qos=0, options=0, properties=None):
        """Filters in one packet, all accepted; returns the codes of the SUBACK."""
        codes = self.try_subscribe(*filters, qos=qos, options=options, properties=properties)
        if len(codes) != len(filters) or any(code > 2 for code in codes):
            raise MqttError(f"{self.client_id}: SUBACK {codes} for {filters}")
        return codes

    def try_subscribe(self, *filters, qos=0, options=0, properties=None):
        """The same, whatever the codes are."""
        packet_id = self._packet_id()
        body = struct.pack(">H", packet_id) + (encode_properties(properties) if self.version == 5 else b"")
        body += b"".join(binary(one) + bytes([qos | options]) for one in filters)
        self.send_packet(SUBSCRIBE, 2, body)
        reader = Reader(self.wait_for(SUBACK, packet_id).body)
        reader.number(">H")
        if self.version == 5:
            reader.properties()
        return list(reader.rest())

    def unsubscribe(self, *filters):
        packet_id = self._packet_id()
        body = struct.pack(">H", packet_id) + (b"\0" if self.version == 5 else b"")
        self.send_packet(UNSUBSCRIBE, 2, body + b"".join(binary(one) for one in filters))
        self.wait_for(UNSUBACK, packet_id)

    def start_publish(self, topic, payload, qos=0, retain=False, properties=None):
        """Sends the PUBLISH and does not wait; returns its packet id (0 for QoS 0)."""
        packet_id = self._packet_id() if qos else 0
        body = binary(topic) + (struct.pack(">H", packet_id) if qos else b"")
        body += encode_properties(properties) if self.version == 5 else b""
        payload = payload.encode() if isinstance(payload, str) else payload
        self.send_packet(PUBLISH, qos << 1 | int(retain), body + payload)
        return packet_id

    def puback_code(self, topic, payload):
        """Publishes at QoS 1; returns the reason code of the PUBACK."""
        body = self.wait_for(PUBACK, self.start_publish(topic, payload, 1)).body
        return body[2] if len(body) > 2 else 0

    def finish_publish(self, packet_id, qos):
        """Waits until the broker has taken responsibility for the message."""
        if qos == 1:
            self.wait_for(PUBACK, packet_id)
        elif qos == 2:
            self.wait_for(PUBREC, packet_id)
            self.send_packet(PUBREL, 2, struct.pack(">H", packet_id))
            self.wait_for(PUBCOMP, packet_id)

    def publish(self, topic, payload, qos=0, retain=False, properties=None):
        self.finish_publish(self.start_publish(topic, payload, qos, retain, properties), qos)

    def publish_all(self, topic, payloads, qos=1, window=16):
        """Many messages with at most `window` unacknowledged; returns when the broker has taken them all."""
        pending = set()
        window = min(window, self.connack_properties.get("receive_maximum", 65535))
        for payload in payloads:
            while len(pending) >= window:
                self._settle(pending)
            packet_id = self.start_publish(topic, payload, qos)
            if qos:
                pending.add(packet_id)
        while pending:
            self._settle(pending)

    def _settle(self, pending):
        packet = self._read(time.monotonic() + self.timeout)
        if packet is None:
            raise MqttError(f"{self.client_id}: {len(pending)} messages were never acknowledged")
        packet = self._handle(packet)
        if packet is None:
            return
        packet_id = Reader(packet.body).number(">H")
        if packet.kind == PUBREC and packet_id in pending:
            self.send_packet(PUBREL, 2, struct.pack(">H", packet_id))
        elif packet.kind in (PUBACK, PUBCOMP) and packet_id in pending:
            pending.remove(packet_id)
        else:
            raise MqttError(f"{self.client_id}: unexpected {packet}")

    def ping(self):
        """Also a barrier: what the broker sent before the answer has been read when this returns."""
        self.send_packet(PINGREQ, 0, b"")
        self.wait_for(PINGRESP)

    def receive(self, timeout=None):
        """The next message."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while not self.messages:
            packet = self._read(deadline)
            if packet is None:
                raise MqttError(f"{self.client_id}: no message" + (" (connection closed)" if self.closed else ""))
            self._handle(packet)
        return self.messages.popleft()

    def receive_payloads(self, count, timeout=None):
        return [self.receive(timeout).payload.decode() for _ in range(count)]

    def drain(self, seconds=0.3):
        """Every message that is there or comes within this time."""
        deadline = time.monotonic() + seconds
        while (packet := self._read(deadline)) is not None:
            self._handle(packet)
        found = list(self.messages)
        self.messages.clear()
        return found

    def wait_closed(self):
        """Waits until the broker ends the connection; returns the reason code of its DISCONNECT, if any."""
        deadline = time.monotonic() + self.timeout
        while not self.closed:
            packet = self._read(deadline)
            if packet:
                self._handle(packet)
            elif not self.closed:
                raise MqttError(f"{self.client_id}: still connected after {self.timeout} s")
        return self.disconnect_code

    def disconnect(self):
        self.send_packet(DISCONNECT, 0, b"")
        self.drop()

    def drop(self):
        """Ends the connection without a word."""
        self.closed = True
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
