"""Wills of clients whose node dies: another node publishes them, once, and not those of clients that live."""

import signal
import time

from harness import SceneTest, eventually_equal, main, wait_running
from mqtt_client import Message

SETTINGS = {"node.net_ticktime": "2s", "cluster.dead_node_wills": "2s"}


class Wills(SceneTest):
    def mortal(self, node, name, delay=0, expiry=0):
        will = Message("wills", name, 1, False, False, {"will_delay": delay})
        return node.client(name, version=5, will=will, properties={"session_expiry": expiry})

    def watch(self, node):
        watcher = node.client("watcher")
        watcher.subscribe("wills", qos=1)
        return watcher

    def known(self, nodes):
        """What was done on one node is known on the others."""
        for node in nodes:
            self.assertIn("All hold the same.", node.ctl("cluster", "verify").lines)

    def test_a_killed_node_and_its_return(self):
        node1, node2, node3 = nodes = self.scene.cluster(3, settings=SETTINGS)
        watcher = self.watch(node1)
        self.mortal(node3, "dies at once")
        self.mortal(node3, "dies later", delay=3, expiry=60)
        self.mortal(node3, "moves away", delay=3, expiry=60)
        self.mortal(node3, "leaves in peace").disconnect()
        self.known(nodes)
        node3.kill()
        killed = time.monotonic()
        self.assertEqual(watcher.receive().payload, b"dies at once")
        noticed = time.monotonic() - killed
        node2.client("moves away", version=5, properties={"session_expiry": 60})
        self.assertEqual(watcher.receive().payload, b"dies later")
        self.assertGreater(time.monotonic() - killed, 2.9)
        print(f"published after {noticed:.2f} s")
        node3.start()
        wait_running(nodes)
        self.known(nodes)
        self.assertEqual(watcher.drain(2), [])

        # Started again before anybody has missed it.
        self.mortal(node3, "dies with the second life")
        self.known(nodes)
        node3.kill()
        node3.start()
        self.assertEqual(watcher.receive().payload, b"dies with the second life")

        # An orderly end: the node does it itself.
        wait_running(nodes)
        self.mortal(node3, "is sent away")
        self.known(nodes)
        node3.stop()
        self.assertEqual(watcher.receive().payload, b"is sent away")
        eventually_equal(node1.status, ([node1.name, node2.name], [node3.name]), "status")
        self.assertEqual(watcher.drain(2), [])

    def test_a_silent_node(self):
        node1, node2 = nodes = self.scene.cluster(2, settings=SETTINGS)
        watcher = self.watch(node1)
        mortal = self.mortal(node2, "silent")
        self.known(nodes)
        node2.process.send_signal(signal.SIGSTOP)
        try:
            self.assertEqual(watcher.receive().payload, b"silent")
        finally:
            node2.process.send_signal(signal.SIGCONT)
        # It was only asleep: it takes its own back.
        wait_running(nodes)
        self.assertEqual(watcher.drain(2), [])
        mortal.drop()
        self.assertEqual(watcher.receive().payload, b"silent")


if __name__ == "__main__":
    main()
