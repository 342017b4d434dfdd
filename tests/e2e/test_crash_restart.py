"""Nodes that die, hang or lose their cable: the others go on at once, and the lost one comes back by itself."""

import signal
import time

from harness import SceneTest, eventually, eventually_equal, main, wait_running

TICKTIME = {"node.net_ticktime": "4s"}


class CrashRestart(SceneTest):
    def subscribers(self, nodes, topic, qos=1):
        clients = []
        for number, node in enumerate(nodes, 1):
            clients.append(node.client(f"subscriber{number}"))
            clients[-1].subscribe(topic, qos=qos)
        return clients

    def test_kill_under_traffic_and_return(self):
        node1, node2, node3 = nodes = self.scene.cluster(3)
        _, reader2, _ = self.subscribers(nodes, "load/#")
        publisher = node1.client("publisher")
        publisher.publish_all("load/a", [str(n) for n in range(200)])
        pending = [publisher.start_publish("load/a", str(n), qos=1) for n in range(200, 216)]
        node3.kill()
        killed = time.monotonic()
        survivors = [f"load/# -> {node1.name}", f"load/# -> {node2.name}"]
        for node in (node1, node2):
            eventually_equal(node.routes, survivors, f"routes of {node.name}", seconds=5)
            eventually_equal(node.status, ([node1.name, node2.name], [node3.name]), f"status of {node.name}", seconds=5)
        noticed = time.monotonic() - killed
        for packet_id in pending:
            publisher.finish_publish(packet_id, 1)
        publisher.publish_all("load/a", [str(n) for n in range(216, 400)])
        acknowledged = time.monotonic() - killed
        self.assertEqual(reader2.receive_payloads(400), [str(n) for n in range(400)])
        self.assertEqual(reader2.drain(0.3), [])
        print(f"routes gone after {noticed:.2f} s, all acknowledged after {acknowledged:.2f} s")

        node3.start()
        wait_running(nodes)
        reader3 = node3.client("subscriber3 again")
        reader3.subscribe("load/#")
        for node in nodes:
            self.assertEqual(node.routes(), [*survivors, f"load/# -> {node3.name}"])
        publisher.publish("load/a", "to all", qos=1)
        node3.client("publisher3").publish("load/b", "from the returned", qos=1)
        for reader in (reader2, reader3):
            self.assertEqual({reader.receive().payload for _ in range(2)}, {b"to all", b"from the returned"})

    def test_a_cluster_that_was_killed_finds_itself_again(self):
        nodes = self.scene.cluster(3)
        for node in nodes:
            node.kill()
        for node in reversed(nodes):
            node.start()
        wait_running(nodes)
        reader = nodes[0].client("reader")
        reader.subscribe("t/+")
        for number, node in enumerate(nodes):
            node.client(f"publisher{number}").publish("t/a", f"{number}", qos=1)
        self.assertEqual(sorted(reader.receive_payloads(3)), ["0", "1", "2"])

    def test_one_node_starts_while_the_others_are_away(self):
        """No node waits for another at boot."""
        nodes = self.scene.cluster(3)
        for node in nodes:
            node.stop()
        nodes[1].start()
        eventually_equal(nodes[1].status, ([nodes[1].name], [nodes[0].name, nodes[2].name]), "status")
        reader = nodes[1].client("reader")
        reader.subscribe("t/a")
        nodes[1].client("publisher").publish("t/a", "alone", qos=1)
        self.assertEqual(reader.receive().payload, b"alone")

    def test_an_orderly_stop_is_known_at_once(self):
        node1, node2 = self.scene.cluster(2)
        node2.stop()
        eventually_equal(node1.status, ([node1.name], [node2.name]), "status", seconds=3)

    def test_cable_pulled_and_plugged(self):
        """No end of a connection learns of it: ticks find out; what was on its way arrives after all, once."""
        node1, node2, node3 = nodes = self.scene.cluster(3, settings=TICKTIME)
        readers = self.subscribers(nodes, "t/#")
        publisher1 = node1.client("publisher1")
        publisher3 = node3.client("publisher3")
        publisher1.publish("t/a", "before", qos=1)
        for reader in readers:
            self.assertEqual(reader.receive().payload, b"before")

        node3.host.unplug()
        early = [f"early {n}" for n in range(10)]
        publisher1.publish_all("t/a", early)  # node3 still counts as running
        eventually_equal(node1.status, ([node1.name, node2.name], [node3.name]), "node1's status", seconds=20)
        eventually_equal(node2.status, ([node1.name, node2.name], [node3.name]), "node2's status", seconds=20)
        eventually_equal(node3.status, ([node3.name], [node1.name, node2.name]), "node3's status", seconds=20)
        publisher1.publish("t/a", "late", qos=1)
        publisher3.publish("t/a", "island", qos=1)
        for reader in readers[:2]:
            self.assertEqual(reader.receive_payloads(11), [*early, "late"])
        self.assertEqual(readers[2].receive().payload, b"island")

        node3.host.plug()
        wait_running(nodes)
        expected = sorted(f"t/# -> {node.name}" for node in nodes)
        for node in nodes:
            eventually_equal(node.routes, expected, f"routes of {node.name}")
        eventually(lambda: "split view" in node2.ctl("cluster", "heal-log").out, "a healed split")
        verified = node3.ctl("cluster", "verify").lines
        self.assertRegex(verified[0], r"^3 nodes compared: 8 routes, groups and sessions, \d+ shared rows$")
        self.assertEqual(verified[1:], ["All hold the same."])
        self.assertEqual(readers[2].receive_payloads(11), [*early, "late"])
        for reader in readers[:2]:
            self.assertEqual(reader.receive().payload, b"island")
        publisher3.publish("t/a", "healed", qos=1)
        for reader in readers:
            self.assertEqual(reader.receive().payload, b"healed")
            self.assertEqual(reader.drain(0.3), [])

    def test_a_frozen_process_is_noticed_and_taken_back(self):
        node1, node2 = nodes = self.scene.cluster(2, settings=TICKTIME)
        reader = node2.client("reader")
        reader.subscribe("t/a", qos=1)
        node2.process.send_signal(signal.SIGSTOP)
        try:
            eventually_equal(node1.status, ([node1.name], [node2.name]), "status", seconds=20)
            node1.client("publisher").publish("t/b", "served", qos=1)
        finally:
            node2.process.send_signal(signal.SIGCONT)
        wait_running(nodes)
        node1.client("publisher").publish("t/a", "awake", qos=1)
        self.assertEqual(reader.receive().payload, b"awake")


if __name__ == "__main__":
    main()
