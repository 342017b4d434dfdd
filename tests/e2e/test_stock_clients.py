"""Client libraries that people use, on every transport and with every version of MQTT, against a cluster of two."""

import pathlib
import sys

from harness import BIN, SceneTest, main

CLIENTS = pathlib.Path(__file__).resolve().parents[1] / "clients"
VERSIONS = (3, 4, 5)
# paho-mqtt is Debian's package, which other Pythons on a machine don't see.
PYTHON = "/usr/bin/python3" if pathlib.Path("/usr/bin/python3").exists() else sys.executable


class StockClients(SceneTest):
    def setUp(self):
        super().setUp()
        self.node = self.scene.cluster(2)[1]

    @property
    def uri(self):
        return f"tcp://{self.node.address}:{self.node.mqtt_port}"

    def run_client(self, *command):
        done = self.node.host.run([str(word) for word in command], timeout=60, check=False)
        self.assertRegex(done.stdout, r"^ok \d+$", done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_paho_c(self):
        for version in VERSIONS:
            self.run_client(BIN / "paho_c", self.uri, version, f"c/{version}")

    def test_paho_cpp(self):
        for version in VERSIONS:
            self.run_client(BIN / "paho_cpp", self.uri, version, f"cpp/{version}")

    def test_paho_python(self):
        for version in VERSIONS:
            where = ("tcp", self.node.address, self.node.mqtt_port)
            self.run_client(PYTHON, CLIENTS / "paho_python.py", *where, version, f"py/{version}")


if __name__ == "__main__":
    main()
