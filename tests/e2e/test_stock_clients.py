"""Client libraries that people use, on every transport and with every version of MQTT, against a cluster of two."""

import pathlib
import sys

from harness import BIN, SceneTest, main
from pki import Authority

CLIENTS = pathlib.Path(__file__).resolve().parents[1] / "clients"
VERSIONS = (3, 4, 5)
# paho-mqtt is Debian's package, which other Pythons on a machine don't see.
PYTHON = "/usr/bin/python3" if pathlib.Path("/usr/bin/python3").exists() else sys.executable
LISTENERS = {"tcp": "tcp", "ssl": "ssl", "ws": "ws", "wss": "wss"}  # scheme -> kind


class StockClients(SceneTest):
    def setUp(self):
        super().setUp()
        authority = Authority(self.scene.directory / "ca")
        self.ca = authority.cert
        nodes = []
        for _ in range(2):
            host = self.scene.host()
            cert, key = authority.issue(f"server-{host.address}", f"IP:{host.address}")
            settings = {f"listener.{kind}.external": f"{host.address}:0" for kind in ("ssl", "ws", "wss")}
            for kind in ("ssl", "wss"):
                settings[f"listener.{kind}.external.certfile"] = cert
                settings[f"listener.{kind}.external.keyfile"] = key
            nodes.append(self.scene.node(host, settings=settings).start())
        nodes[1].ctl("cluster", "join", nodes[0].name)
        self.node = nodes[1]

    def port(self, scheme):
        return self.node.ports[f"listener.{LISTENERS[scheme]}.external"]

    def run_client(self, *command):
        done = self.node.host.run([str(word) for word in command], timeout=60, check=False)
        self.assertRegex(done.stdout, r"^ok \d+$", f"{command}\n{done.stderr}")
        self.assertEqual(done.returncode, 0, done.stderr)

    def each(self):
        for scheme in LISTENERS:
            ca = [self.ca] if scheme in ("ssl", "wss") else []
            for version in VERSIONS:
                yield scheme, version, f"{scheme}/{version}", ca

    def run_paho(self, program):
        for scheme, version, topic, ca in self.each():
            path = "/mqtt" if scheme.startswith("ws") else ""
            uri = f"{scheme}://{self.node.address}:{self.port(scheme)}{path}"
            self.run_client(BIN / program, uri, version, f"{program}/{topic}", *ca)

    def test_paho_c(self):
        self.run_paho("paho_c")

    def test_paho_cpp(self):
        self.run_paho("paho_cpp")

    def test_paho_python(self):
        for scheme, version, topic, ca in self.each():
            transport = "websockets" if scheme.startswith("ws") else "tcp"
            where = (transport, self.node.address, self.port(scheme))
            self.run_client(PYTHON, CLIENTS / "paho_python.py", *where, version, f"py/{topic}", *ca)


if __name__ == "__main__":
    main()
