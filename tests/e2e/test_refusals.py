"""What cannot work is refused with one clear line that names the peer and the reason; nobody else is disturbed."""

import os
import re
import socket

from dist_peer import FLAGS_OF_OURS, FLAGS_TOO_FEW, Peer, reg_send
from harness import BIN, COOKIE, PATIENCE, Failed, SceneTest, eventually_equal, main

REFUSED, USAGE, UNREACHABLE = 1, 2, 3
# What operators must see has to show at the level that they run.
DEFAULT_LOG = {"log.level": "warning"}

class JoinRefusals(SceneTest):
    def refuse(self, node, target, reason):
        """`cluster join TARGET` fails with one line that gives the reason, and changes nothing."""
        before = node.status()
        output = node.ctl("cluster", "join", target, code=REFUSED)
        lines = (output.out + output.err).splitlines()
        self.assertEqual(len(lines), 1, str(output))
        self.assertRegex(lines[0], reason)
        self.assertEqual(node.status(), before)

    def test_targets_that_cannot_be_joined(self):
        node1, node2 = self.scene.node().start(), self.scene.node().start()
        client = node1.client("undisturbed")
        client.subscribe("t")
        self.refuse(node1, node1.name, r"^Ignore\.|itself|self")
        self.refuse(node1, "meshmq@no-such-host.invalid", r"meshmq@no-such-host\.invalid.*unknown host")
        self.refuse(node1, f"meshmq@{self.scene.host().address}", "unreachable|refused")
        self.refuse(node1, f"nobody@{node2.address}", "no such node registered")
        node2.ctl("cluster", "join", node1.name)
        self.refuse(node2, node1.name, rf"already_in_cluster,'{re.escape(node1.name)}'")
        self.refuse(node1, node2.name, rf"already_in_cluster,'{re.escape(node2.name)}'")
        node2.stop()
        eventually_equal(node1.status, ([node1.name], [node2.name]), "status")
        self.refuse(node1, node2.name, "already_in_cluster|node_down|unreachable|not registered")
        self.assertEqual(node1.metric("client.disconnected"), 0)
        client.ping()

    def test_host_that_is_not_there(self):
        node = self.scene.node(settings={"cluster.join_wait": "12s"}).start()
        self.refuse(node, "meshmq@10.77.0.99", "unreachable|timed out")

    def test_wrong_cookie(self):
        node1 = self.scene.node(settings=DEFAULT_LOG).start()
        node2 = self.scene.node(cookie="another").start()
        self.refuse(node2, node1.name, rf"{re.escape(node1.name)}.*cookie refused")
        node1.wait_log(rf"{re.escape(node2.name)}.*cookie")
        self.assertEqual(node1.status(), ([node1.name], []))

    def test_leave_and_force_leave_that_mean_nothing(self):
        node1, node2 = self.scene.node().start(), self.scene.node().start()
        for words, expected in (
            (("leave",), "Failed to leave the cluster: node_not_in_cluster"),
            (("force-leave", node2.name), "Failed to remove the node from cluster: node_not_in_cluster"),
        ):
            output = node1.ctl("cluster", *words, code=REFUSED)
            self.assertIn(expected, output.out + output.err)
        node1.ctl("cluster", "force-leave", node1.name, code=REFUSED)

    def test_duplicate_name_on_one_host(self):
        host = self.scene.host()
        first = self.scene.node(host, name=f"twin@{host.address}").start()
        second = self.scene.node(host, name=f"twin@{host.address}")
        with self.assertRaises(Failed):
            second.start()
        self.assertRegex(second.log(), r"twin.*(already|in use|duplicate|registered)")
        self.assertNotEqual(second.process.returncode, 0)
        self.assertEqual(first.status(), ([first.name], []))

    def test_duplicate_name_in_the_cluster(self):
        node1, node2 = self.scene.cluster(2, settings=DEFAULT_LOG)
        impostor = self.scene.node(name=node2.name).start()
        # meshmq_ctl on that host shall find the impostor, not the node whose name it has taken.
        impostor.host.run(["ip", "address", "add", f"{node2.address}/32", "dev", "lo"])
        self.refuse(impostor, node1.name, "duplicate")
        node1.wait_log(rf"{re.escape(node2.name)}.*duplicate")
        self.assertEqual(node1.status(), ([node1.name, node2.name], []))
        reader = node2.client("reader")
        reader.subscribe("t")
        node1.client("publisher").publish("t", "still joined", qos=1)
        self.assertEqual(reader.receive().payload, b"still joined")

class BadPeers(SceneTest):
    """Strangers at the distribution port, the EPMD port and the MQTT port."""

    def setUp(self):
        super().setUp()
        self.node1, self.node2 = self.scene.cluster(2, settings={"node.net_setuptime": "2s", **DEFAULT_LOG})
        self.stranger = self.scene.host()
        self.reader = self.node2.client("reader")
        self.reader.subscribe("t/#")

    def peer(self, name="stranger@10.77.0.3"):
        connection = self.stranger.connect(self.node1.address, self.node1.dist_port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        return Peer(connection, name)

    def assert_undisturbed(self):
        self.node1.client("publisher").publish("t/a", "fine", qos=1)
        self.assertEqual(self.reader.receive().payload, b"fine")
        self.assertEqual(self.node1.status(), ([self.node1.name, self.node2.name], []))

    def test_garbage_at_every_port(self):
        noise = [b"GET / HTTP/1.0\r\n\r\n", b"\x00\x00", b"\xff" * 5000, bytes(range(256)) * 16, os.urandom(3000)]
        for port in (self.node1.dist_port, 4369, self.node1.mqtt_port):
            for data in noise:
                connection = self.stranger.connect(self.node1.address, port)
                try:
                    connection.sendall(data)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(4096):
                        pass
                except OSError:  # closed by the node, in the middle of it
                    pass
                connection.close()
        self.node1.wait_log(re.escape(self.stranger.address))
        self.assert_undisturbed()

    def test_peer_that_stops_in_mid_handshake(self):
        mute = self.peer()
        named = self.peer()
        self.assertEqual(named.send_name(), b"sok")
        self.assertTrue(mute.wait_closed(PATIENCE))
        self.assertTrue(named.wait_closed(PATIENCE))
        self.node1.wait_log(r"stranger@10\.77\.0\.3.*timed out")
        self.assert_undisturbed()

    def test_peer_with_the_wrong_cookie(self):
        self.assertFalse(self.peer().handshake("wrong"))
        self.node1.wait_log(r"stranger@10\.77\.0\.3.*cookie")
        self.assert_undisturbed()

    def test_peer_of_an_unknown_version(self):
        self.assertEqual(self.peer().send_name(FLAGS_TOO_FEW), b"snot_allowed")
        self.node1.wait_log(r"stranger@10\.77\.0\.3.*BIG_CREATION")
        # A cluster protocol from the future, over a proper connection.
        peer = self.peer("future@10.77.0.3")
        self.assertTrue(peer.handshake(COOKIE, FLAGS_OF_OURS))
        hello = b"\x00" + b"\xff\xf0\xff\xff" + b"\x00" * 16 + b"\x00"
        peer.send_frame(reg_send(peer.name, "meshmq_cluster", hello))
        self.node1.wait_log(r"future@10\.77\.0\.3.*version")
        self.assert_undisturbed()

    def test_garbage_after_the_handshake(self):
        for number, frame in enumerate((b"p\x83h\x04garbage", b"\xff" * 100, b"D\x00", b"p\x83h\x7f" + b"a\x01" * 10)):
            peer = self.peer(f"broken{number}@10.77.0.3")
            self.assertTrue(peer.handshake(COOKIE))
            peer.send_frame(frame)
            self.assertTrue(peer.wait_closed(PATIENCE), frame)
            self.node1.wait_log(rf"warning.*{re.escape(peer.name)}")
        for name, process in (("member@10.77.0.3", "meshmq_cluster"), ("other.fwd0@10.77.0.3", "meshmq_forward")):
            peer = self.peer(name)
            self.assertTrue(peer.handshake(COOKIE, FLAGS_OF_OURS))
            peer.send_frame(reg_send(peer.name, process, b"\x00\xff\xff"))
            self.assertTrue(peer.wait_closed(PATIENCE), name)
            self.node1.wait_log(rf"warning.*{name.split('@')[0].split('.')[0]}@10\.77\.0\.3")
        self.assert_undisturbed()

    def test_frame_that_claims_to_be_huge(self):
        peer = self.peer("huge@10.77.0.3")
        self.assertTrue(peer.handshake(COOKIE))
        peer.socket.sendall(b"\xff\xff\xff\xf0" + b"x" * 1000)
        self.assertTrue(peer.wait_closed(PATIENCE))
        self.node1.wait_log(r"warning.*huge@10\.77\.0\.3")
        self.assert_undisturbed()

class OperatorMistakes(SceneTest):
    def test_ctl_says_what_is_wrong(self):
        node = self.scene.node().start()
        output = node.ctl("status", cookie="wrong", code=UNREACHABLE)
        self.assertRegex(output.err + output.out, "cookie")
        output = node.ctl("status", node=f"nobody@{node.address}", code=UNREACHABLE)
        self.assertRegex(output.err + output.out, rf"nobody@{re.escape(node.address)}")
        node.ctl("cluster", "nonsense", code=USAGE)
        node.ctl("nonsense", code=USAGE)
        node.ctl("cluster", "join", code=USAGE)
        node.stop()
        output = node.ctl("status", code=UNREACHABLE)
        self.assertRegex(output.err + output.out, re.escape(node.name))
        output = node.ctl("status", node="meshmq", code=None)
        self.assertNotEqual(output.code, 0)

    def fails_to_start(self, node):
        with self.assertRaises(Failed):
            node.start()
        self.assertNotEqual(node.process.returncode, 0)
        return node.log()

    def test_bad_configuration_stops_the_start(self):
        host = self.scene.host()
        log = self.fails_to_start(self.scene.node(host, settings={"listener.tpc.external": "1883"}))
        self.assertRegex(log, r"listener\.tpc\.external.*listener\.tcp\.external")
        log = self.fails_to_start(self.scene.node(host, settings={"node.net_ticktime": "soon"}))
        self.assertRegex(log, r"node\.net_ticktime.*soon")
        log = self.fails_to_start(self.scene.node(host, name="without-host"))
        self.assertRegex(log, r"node\.name.*without-host")

    def test_bad_line_in_a_file_is_named(self):
        host = self.scene.host()
        path = self.scene.directory / "meshmq.conf"
        path.write_text("## a comment\nnode.name = meshmq@10.77.0.1\nnode.nam = x\n")
        done = host.run([BIN / "meshmq", "check-config", "--config", path], check=False, env=self.scene.environment)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stdout + done.stderr, rf"{re.escape(str(path))}:3.*node\.nam.*node\.name")
        path.write_text("## a comment\nnode.name = meshmq@10.77.0.1\n")
        host.run([BIN / "meshmq", "check-config", "--config", path], env=self.scene.environment)

    def test_configuration_of_another_broker(self):
        host, directory = self.scene.host(), self.scene.directory

        def translate(word, path):
            command = [BIN / "meshmq", "check-config", word, path]
            return host.run(command, check=False, env=self.scene.environment)

        theirs = directory / "mosquitto.conf"
        theirs.write_text("listener 1884\nallow_anonymous true\nplugin /usr/lib/p.so\n")
        done = translate("--from-mosquitto", theirs)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^listener\.tcp\.external = 1884$")
        self.assertIn(f"{theirs}:3: plugin /usr/lib/p.so: plugins have no counterpart", done.stderr)
        theirs.write_text("cluster.discovery = dns\n")
        done = translate("--from-emqx", theirs)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"the translation: .*cluster\.dns\.name")
        self.assertEqual(translate("--from-emqx", directory / "none").returncode, 1)

    def test_port_that_is_taken(self):
        host = self.scene.host()
        first = self.scene.node(host, name=f"first@{host.address}").start()
        address = f"{host.address}:{first.mqtt_port}"
        settings = {"listener.tcp.external": address}
        log = self.fails_to_start(self.scene.node(host, name=f"second@{host.address}", settings=settings))
        self.assertRegex(log, re.escape(address))
        first.client("undisturbed").ping()

if __name__ == "__main__":
    main()
