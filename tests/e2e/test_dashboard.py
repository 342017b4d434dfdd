"""The dashboard in a real browser, of three real nodes with traffic; what is clicked: tests/dashboard/walk.mjs."""

import json
import pathlib
import shutil
import threading

from harness import BIN, SceneTest, main
from network import PLUG, PULL
from pki import Authority
from rest_api import Api

HERE = pathlib.Path(__file__).resolve().parent
SETTINGS = {
    "dashboard.listener.http": "0",
    "listener.ws.external": "0",
    # A busy machine is no alarm here.
    "os_mon.cpu_high_watermark": "100%",
    "os_mon.sysmem_high_watermark": "100%",
    "os_mon.mem_check_interval": "1s",
    "listener.tcp.external.max_connections": "50",
    # A split is seen sooner.
    "node.net_ticktime": "4s",
}
# Kept to be looked at.
SCREENSHOTS = BIN.parent / "screenshots"


class Dashboard(SceneTest):
    def setUp(self):
        super().setUp()
        ca = Authority(self.scene.directory / "ca")
        cert, key = ca.issue("node", "DNS:node.example.org")
        secure = {"": "0", ".certfile": cert, ".keyfile": key}
        self.settings = {**SETTINGS, **{f"dashboard.listener.https{name}": value for name, value in secure.items()}}
        self.nodes = self.scene.cluster(3, settings=self.settings)

    @staticmethod
    def url(node, protocol="http"):
        return f"{protocol}://{node.address}:{node.ports[f'dashboard.listener.{protocol}']}/"

    def test_the_dashboard(self):
        self.pages_and_their_headers()
        self.certificates_are_checked()
        self.in_a_browser()

    def pages_and_their_headers(self):
        api = Api(self.nodes[0])
        page = api.raw("GET", "/", credentials=False)
        self.assertEqual((page.status, page.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        policy = page.headers["Content-Security-Policy"]
        self.assertIn("script-src 'self';", policy)
        self.assertIn("frame-ancestors 'none'", policy)
        for name, value in (("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY")):
            self.assertEqual(page.headers[name], value)
        self.assertNotIn("<script>", page.body)
        self.assertNotIn("Set-Cookie", page.headers)
        script = page.body.split('src="')[1].split('"')[0]
        packed = api.raw("GET", script.replace("./", "/"), headers={"Accept-Encoding": "gzip"}, credentials=False)
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        self.assertIn("immutable", packed.headers["Cache-Control"])
        bookmark = api.raw("GET", "/nodes/here", headers={"Accept": "text/html"}, credentials=False)
        self.assertEqual((bookmark.status, bookmark.headers["Location"]), (302, "../#/nodes/here"))
        again = api.raw("GET", "/", headers={"If-None-Match": page.headers["ETag"]}, credentials=False)
        self.assertEqual((again.status, again.body), (304, ""))
        for outside in ("/../../bin/meshmq", "/%2e%2e/%2e%2e/bin/meshmq", "/assets/..%2f..%2f..%2f..%2fetc/passwd"):
            self.assertIn(api.raw("GET", outside, credentials=False).status, (400, 404), outside)

    def certificates_are_checked(self):
        words = ("--set", "dashboard.listener.https=0", "--set", "dashboard.listener.https.certfile=/nowhere")
        done = self.nodes[0].host.run([BIN / "meshmq", "check-config", *words], check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("dashboard.listener.https", done.stderr)

    def in_a_browser(self):
        node1, node2, node3 = self.nodes
        far = node2.client("far", version=5, username="joe")
        far.subscribe("sensors/#", qos=1)
        away = node3.client("away", clean=False)
        away.subscribe("sensors/+/temperature", qos=1)
        away.drop()
        node3.client("member").subscribe("$share/workers/sensors/#")
        victim = node3.client("victim")
        speaker = node1.client("speaker")
        speaker.publish("rooms/1", b'{"light": "on"}', qos=1, retain=True)
        speaker.publish("$delayed/3600/late/1", b"x", qos=1)
        own = {"dashboard.default_user.password": "fourth-password"}
        fourth = self.scene.node(settings={**self.settings, **own}).start()
        shutil.rmtree(SCREENSHOTS, ignore_errors=True)
        SCREENSHOTS.mkdir()
        everybody = [*self.nodes, fourth]
        what = {
            "url": self.url(node1),
            "secure_url": self.url(node1, "https"),
            "hosts": ["127.0.0.1", *(node.address for node in everybody)],
            "nodes": [node.name for node in self.nodes],
            "sockets": [f"ws://{node.address}:{node.ports['listener.ws.external']}/mqtt" for node in everybody],
            "cable": {"pull": node3.host.wrap(PULL), "plug": node3.host.wrap(PLUG)},
            "ctl": [node.host.wrap(node.ctl_command()) for node in self.nodes],
            "password": "another-password",
            "fourth": {"name": fourth.name, "url": self.url(fourth), "password": "fourth-password"},
            "screenshots": str(SCREENSHOTS),
        }
        with Traffic(node1):
            command = ["node", HERE.parent / "dashboard/walk.mjs", json.dumps(what)]
            done = node1.host.run(command, timeout=400, check=False, env=self.scene.environment)
        print(done.stdout, done.stderr)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        victim.wait_closed()


class Traffic:
    """A sensor that publishes on a node."""

    def __init__(self, node):
        self.sensor = node.client("sensor")
        self.over = threading.Event()

    def run(self):
        number = 0
        while not self.over.wait(0.05):
            self.sensor.publish(f"sensors/{number % 10}/temperature", b"21.5")
            number += 1

    def __enter__(self):
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


if __name__ == "__main__":
    main()
