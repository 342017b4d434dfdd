"""WebSocket as libraries, browsers and hostile clients meet it."""

import functools
import http.server
import json
import pathlib
import random
import struct
import threading
import zlib

from harness import Failed, SceneTest, eventually, main
from mqtt_client import Client, binary, varint
from pki import Authority
from websocket import BINARY, CLOSE, PING, PONG, TEXT, WebSocket, frame, request

JS = pathlib.Path(__file__).resolve().parent / "js"
WS, WSS = "listener.ws.external", "listener.wss.external"
PINGREQ, PINGRESP = b"\xc0\x00", b"\xd0\x00"


def connect_packet(client_id):
    body = binary("MQTT") + b"\x04\x02\x00\x3c" + binary(client_id)
    return b"\x10" + varint(len(body)) + body


class WebSocketTest(SceneTest):
    def start(self, **more):
        self.host = self.scene.host()
        settings = {WS: f"{self.host.address}:0"}
        settings.update({f"{WS}.{key.replace('__', '.')}": value for key, value in more.items()})
        return self.scene.node(self.host, settings=settings).start()

    def raw(self, node, cut=None):
        connection = WebSocket(node.host.connect(node.address, node.ports[WS]), cut)
        connection.settimeout(20)
        return connection

    def open(self, node, cut=None, **options):
        connection = self.raw(node, cut)
        status, headers = connection.shake_hands(**options)
        self.assertEqual(status, 101)
        connection.headers = headers
        return connection

    def client(self, node, client_id, cut=None, **options):
        client = Client(self.open(node, cut, **options), client_id, timeout=30)
        self.scene.clients.append(client)
        return client.connect()

    def refused(self, node, data):
        """What a WebSocket that sends these bytes behind a good CONNECT is told: the code of the goodbye."""
        connection = self.open(node)
        connection.sendall(connect_packet("hostile"))
        connection.socket.sendall(data)
        while connection.recv(1):
            pass
        return connection.close_code


class Handshake(WebSocketTest):
    def test_refusals_say_why(self):
        node = self.start(check_origin_enable="true", check_origins="http://good.example")
        for expected, options in (
            (404, {"path": "/"}),
            (426, {"version": 8}),
            (400, {"protocol": "chat"}),
            (400, {"protocol": None}),
            (403, {"headers": ["Origin: http://evil.example"]}),
            (400, {"headers": ["Content-Length: 3"]}),
            (431, {"headers": ["X-Long: " + "x" * 9000]}),
            (101, {"headers": ["Origin: http://good.example"]}),
        ):
            connection = self.raw(node)
            self.assertEqual(connection.shake_hands(**options)[0], expected, options)
            connection.close()
        for garbage in (connect_packet("a"), b"\x16\x03\x01\x02\x00", b"POST / HTTP/1.1\r\n\r\n"):
            connection = self.raw(node)
            connection.socket.sendall(garbage)
            self.assertIn(connection.read_answer()[0], (400, 405))
        node.wait_log("WebSocket: 404: no MQTT at this path")
        self.client(node, "well")

    def test_one_that_dawdles_is_closed(self):
        node = self.start(handshake_timeout="1s")
        connection = self.raw(node)
        connection.socket.sendall(request()[:-2])
        self.assertEqual(connection.socket.recv(1), b"")
        eventually(lambda: "handshake_timeout,1" in node.ctl("listeners").out, "shutdown count")

    def test_the_clients_address_behind_a_proxy(self):
        node = self.start(proxy_address_header="X-Forwarded-For", proxy_port_header="X-Forwarded-Port")
        self.client(node, "far", headers=["X-Forwarded-For: 192.0.2.7, 10.0.0.1", "X-Forwarded-Port: 4711"])
        self.assertIn("peername=192.0.2.7:4711", node.ctl("clients", "show", "far").out)


class Frames(WebSocketTest):
    def test_packets_may_be_cut_and_joined_in_any_way(self):
        node = self.start()
        dice = random.Random(7)

        def cut(data):
            frames = b""
            while data:
                size = dice.randint(1, 40)
                piece, data = data[:size], data[size:]
                middle = dice.randint(0, len(piece))
                if dice.random() < 0.5:
                    frames += frame(BINARY, piece)
                else:
                    frames += frame(BINARY, piece[:middle], final=False) + frame(PING, b"?") + frame(0, piece[middle:])
            return frames

        writer = self.client(node, "writer", cut)
        reader = self.client(node, "reader")
        reader.subscribe("cut/#", qos=1)
        payloads = [f"{i}:" + "p" * (i * 13 % 400) for i in range(200)]
        writer.publish_all("cut/1", payloads)
        self.assertEqual(reader.receive_payloads(len(payloads)), payloads)

    def test_hostile_frames_get_the_code_that_the_specification_names(self):
        node = self.start(max_frame_size="64KB")
        big = struct.pack(">BBQ", 0x82, 0x80 | 127, 1 << 40) + b"mask"
        for code, data in (
            (1002, frame(BINARY, PINGREQ, masked=False)),
            (1003, frame(TEXT, PINGREQ)),
            (1002, frame(3)),
            (1002, frame(0, PINGREQ)),
            (1002, frame(BINARY, b"", final=False) + frame(BINARY, PINGREQ)),
            (1002, frame(PING, b"x" * 126)),
            (1002, frame(PING, b"x", final=False)),
            (1002, frame(BINARY | 0x40, PINGREQ)),
            (1009, big),
            (1002, frame(CLOSE, b"\x03\xed")),
            (1001, frame(CLOSE, b"\x03\xe9going")),
            (None, frame(CLOSE)),
        ):
            self.assertEqual(self.refused(node, data), code, data[:16])
        self.assertEqual(self.refused(node, frame(BINARY, b"\x00\x00")), 1000, "a fault of MQTT is none of WebSocket")

    def test_goodbyes_and_pings(self):
        node = self.start()
        connection = self.open(node)
        connection.sendall(connect_packet("polite"))
        self.assertEqual(connection.read_frame(), (BINARY, b"\x20\x02\x00\x00"))
        connection.socket.sendall(frame(PING, b"are you there"))
        self.assertEqual(connection.read_frame(), (PONG, b"are you there"))
        connection.sendall(b"\xe0\x00")
        self.assertEqual(connection.read_frame(), (CLOSE, b"\x03\xe8"))
        self.assertIsNone(connection.read_frame())


class Compression(WebSocketTest):
    def test_messages_are_compressed_both_ways(self):
        node = self.start(compress="true", max_frame_size="1MB")
        packer = zlib.compressobj(wbits=-15)
        unpacker = zlib.decompressobj(wbits=-15)

        def packed(data):
            whole = packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)
            return frame(BINARY | 0x40, whole[:-4])

        connection = self.open(node, packed, headers=["Sec-WebSocket-Extensions: permessage-deflate"])
        self.assertEqual(connection.headers["Sec-WebSocket-Extensions"], "permessage-deflate")
        connection.sendall(connect_packet("packed"))
        self.assertEqual(connection.read_frame(), (BINARY, b"\x20\x02\x00\x00"), "too small for compression")
        connection.sendall(b"\x82\x06\x00\x01\x00\x01t\x00")
        self.assertEqual(connection.read_frame(), (BINARY, b"\x90\x03\x00\x01\x00"))
        payload = b"\x00\x01t" + b"again and " * 5000
        publish = b"\x30" + varint(len(payload)) + payload
        for _ in range(3):
            connection.sendall(publish)
            got = b""
            while len(got) < len(publish):
                opcode, part = connection.read_frame()
                self.assertEqual(opcode, BINARY)
                self.assertLess(len(part), 2000)
                got += unpacker.decompress(part + b"\x00\x00\xff\xff")
            self.assertEqual(got, publish)
        bomb = self.open(node, headers=["Sec-WebSocket-Extensions: permessage-deflate"])
        whole = zlib.compress(PINGREQ * 50_000_000, wbits=-15)
        self.assertLess(len(whole), 200_000)
        bomb.sendall(connect_packet("bomb"))
        bomb.socket.sendall(frame(BINARY | 0x40, whole))
        while bomb.recv(1):
            pass
        self.assertEqual(bomb.close_code, 1009)


class Libraries(WebSocketTest):
    """MQTT.js in Node and in a browser, plain and over TLS, through two nodes of a cluster."""

    def setUp(self):
        super().setUp()
        ca = Authority(self.scene.directory / "ca")
        self.ca = ca.cert
        self.nodes = []
        for _ in range(2):
            host = self.scene.host()
            cert, key = ca.issue(f"server-{host.address}", f"IP:{host.address}")
            settings = {
                WS: f"{host.address}:0",
                f"{WS}.compress": "true",
                WSS: f"{host.address}:0",
                f"{WSS}.certfile": cert,
                f"{WSS}.keyfile": key,
            }
            self.nodes.append(self.scene.node(host, settings=settings).start())
        self.nodes[1].ctl("cluster", "join", self.nodes[0].name)

    def urls(self):
        for scheme, listener in (("ws", WS), ("wss", WSS)):
            yield tuple(f"{scheme}://{node.address}:{node.ports[listener]}/mqtt" for node in self.nodes)

    def test_mqtt_js_in_node(self):
        for urls in self.urls():
            environment = {**self.scene.environment, "NODE_EXTRA_CA_CERTS": self.ca}
            command = ["node", JS / "publish.mjs", *urls, "js/ws"]
            done = self.nodes[0].host.run(command, timeout=60, env=environment)
            self.assertEqual(json.loads(done.stdout)["payload"], "from MQTT.js")

    def test_a_page_in_chromium_subscribes_and_publishes(self):
        host = self.nodes[0].host
        with Site(host) as site:
            for url, _ in self.urls():
                for version in (4, 5):
                    page = f"http://{host.address}:{site.port}/page.html?version={version}&url={url}"
                    profile = self.scene.directory / f"profile-{site.port}-{version}-{url[:3]}"
                    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
                    quiet = ("--disable-background-networking", "--no-first-run", "--ignore-certificate-errors")
                    browser = self.scene.spawn(
                        host, ["chromium", *flags, *quiet, f"--user-data-dir={profile}", page]
                    )
                    result = site.next_result()
                    browser.kill()
                    browser.wait()
                    self.assertEqual(result, {"topic": "page/1", "whole": True})


class Site:
    """Serves the page on a host of the test's network, and takes what it tells."""

    def __init__(self, host):
        self.results = []
        self.arrived = threading.Event()
        handler = functools.partial(Site.Handler, self)
        self.server = http.server.ThreadingHTTPServer(("", 0), handler, bind_and_activate=False)
        self.server.socket.close()
        self.server.socket = host.socket()
        self.server.socket.bind((host.address, 0))
        self.port = self.server.socket.getsockname()[1]
        self.server.server_activate()

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def next_result(self):
        if not self.arrived.wait(90):
            raise Failed("the page told nothing")
        self.arrived.clear()
        return self.results.pop()

    class Handler(http.server.BaseHTTPRequestHandler):
        FILES = {"/page.html": JS / "page.html", "/mqtt.min.js": JS / "node_modules/mqtt/dist/mqtt.min.js"}

        def __init__(self, site, *arguments):
            self.site = site
            super().__init__(*arguments)

        def do_GET(self):
            path = self.FILES.get(self.path.partition("?")[0])
            self.send_response(200 if path else 404)
            if path:
                self.send_header("Content-Type", "text/html" if path.suffix == ".html" else "text/javascript")
            self.end_headers()
            if path:
                self.wfile.write(path.read_bytes())

        def do_POST(self):
            self.site.results.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            self.site.arrived.set()

        def log_message(self, *_):
            pass


if __name__ == "__main__":
    main()
