"""Listeners besides TLS and WebSocket: Unix sockets, the PROXY protocol, access rules, and all of them at run time."""

import os
import socket
import stat
import struct

from harness import Failed, SceneTest, eventually, main
from mqtt_client import Client, MqttError

TCP, UNIX = "listener.tcp.external", "listener.unix.external"
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def proxy_v2(source, port, command=1, tlvs=b""):
    body = socket.inet_aton(source) + socket.inet_aton("10.0.0.1") + struct.pack(">HH", port, 1883) + tlvs
    return SIGNATURE + bytes([0x20 | command, 0x11]) + struct.pack(">H", len(body)) + body


class Listeners(SceneTest):
    def start(self, settings):
        return self.scene.node(settings=settings).start()

    def behind_proxy(self, node, header, client_id):
        connection = node.host.connect(node.address, node.mqtt_port)
        connection.sendall(header)
        client = Client(connection, client_id, timeout=10)
        self.scene.clients.append(client)
        return client.connect()

    def peername(self, node, client_id):
        text = node.ctl("clients", "show", client_id).out
        return text.split("peername=")[1].split(",")[0]

    def test_the_proxy_protocol_says_who_the_client_is(self):
        node = self.start({f"{TCP}.proxy_protocol": "on", f"{TCP}.proxy_protocol_timeout": "1s"})
        self.behind_proxy(node, b"PROXY TCP4 192.0.2.1 10.0.0.1 4711 1883\r\n", "v1")
        self.assertEqual(self.peername(node, "v1"), "192.0.2.1:4711")
        self.behind_proxy(node, proxy_v2("192.0.2.2", 4712, tlvs=b"\xee\x00\x03abc"), "v2")
        self.assertEqual(self.peername(node, "v2"), "192.0.2.2:4712")
        self.behind_proxy(node, proxy_v2("0.0.0.0", 0, command=0), "health check")
        self.assertTrue(self.peername(node, "health check").startswith(node.address + ":"))
        for wrong in (b"PROXY TCP4 nonsense\r\n", b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00", b"x" * 600):
            with self.assertRaises((MqttError, OSError)):
                self.behind_proxy(node, wrong, "wrong")
        silent = node.host.connect(node.address, node.mqtt_port)
        silent.settimeout(10)
        self.assertEqual(silent.recv(1), b"", "one that says nothing is closed")
        silent.close()
        self.assertEqual(self.peername(node, "v1"), "192.0.2.1:4711", "the others are undisturbed")

    def test_a_unix_socket_serves_this_machine(self):
        path = self.scene.directory / "mqtt.sock"
        node = self.start({UNIX: str(path), f"{UNIX}.mode": "0600"})
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        reader = node.client("reader")
        reader.subscribe("unix/#", qos=1)
        command = ["mosquitto_pub", "--unix", str(path), "-t", "unix/1", "-m", "through the file", "-q", "1"]
        node.host.run(command)
        self.assertEqual(reader.receive().payload, b"through the file")
        node.kill()
        node.start()  # what the dead one left behind is no obstacle
        node.host.run(command)

    def test_access_rules(self):
        node = self.start({f"{TCP}.access.1": "deny 10.77.0.0/16", f"{TCP}.access.2": "allow all"})
        with self.assertRaises((MqttError, OSError)):
            node.client("denied")
        node.stop()
        node = self.start({f"{TCP}.access.1": "allow 10.77.0.0/16", f"{TCP}.access.2": "deny all"})
        node.client("allowed")

    def test_listeners_stop_and_start_without_touching_the_others(self):
        path = self.scene.directory / "mqtt.sock"
        node = self.start({UNIX: str(path)})
        client = node.client("stays")
        self.assertIn("successfully", node.ctl("listeners", "stop", "mqtt:unix:external").out)
        self.assertFalse(path.exists())
        client.ping()
        self.assertIn("successfully", node.ctl("listeners", "start", "mqtt:unix:external").out)
        self.assertTrue(path.exists())
        self.assertIn("successfully", node.ctl("listeners", "restart", "mqtt:unix:external").out)
        client.ping()
        node.ctl("listeners", "stop", "mqtt:nothing:here", code=1)
        node.ctl("listeners", "stop", "mqtt:tcp:external")
        client.wait_closed()
        with self.assertRaises((MqttError, OSError)):
            node.client("too late")
        node.ctl("listeners", "start", "mqtt:tcp:external")
        eventually(lambda: self.connects(node), "clients come in again")

    def connects(self, node):
        try:
            node.client("again")
        except (MqttError, OSError) as error:
            raise Failed(str(error)) from error
        return True


if __name__ == "__main__":
    main()
