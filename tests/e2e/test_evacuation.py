"""Clients are sent to other nodes: all of a node's, or those that it has too many of. None loses anything."""

import json

from harness import SceneTest, eventually, eventually_equal, main
from mqtt_client import CONNACK, DISCONNECT, Reader

REFERENCE = "other.example.com:1883"
SETTINGS = {"cluster.server_reference": REFERENCE}
EXPIRY = {"session_expiry": 300}


class Evacuation(SceneTest):
    def state(self, node, what):
        return json.loads(node.ctl("--json", "cluster", what, "status").out)

    def connections(self, node):
        return len([line for line in node.ctl("clients", "list").lines if "connected=true" in line])

    def persistent(self, node, name, **options):
        return node.client(name, version=5, clean=False, properties=EXPIRY, **options)

    def test_evacuation_and_rebalancing(self):
        node1, node2, node3 = self.scene.cluster(3, settings=SETTINGS)
        self.evacuation(node1, node2, node3)
        self.rebalancing(node1, node2, node3)

    def evacuation(self, node1, node2, node3):
        modern = [self.persistent(node1, f"modern{n}") for n in range(80)]
        resting = [self.persistent(node1, f"resting{n}") for n in range(20)]
        for client in modern + resting:
            client.subscribe(f"to/{client.client_id}", qos=1)
        for client in resting:
            client.drop()
        plain = [node1.client(f"plain{n}") for n in range(100)]
        eventually_equal(lambda: self.connections(node1), 180, "connections")

        started = node1.ctl("cluster", "evacuate", "start", "--rate", "100")
        self.assertEqual(started.lines[0], "evacuation   : running")
        for client in modern:
            packet = client.wait_for(DISCONNECT)
            reader = Reader(packet.body)
            self.assertEqual(reader.number(">B"), 0x9C)
            self.assertEqual(reader.properties(), {"server_reference": REFERENCE})
        for client in plain:
            client.wait_closed()
        # Nobody new comes in, whatever version he speaks.
        refused = node1.open("refused", version=5)
        refused.start_connect()
        reader = Reader(refused.wait_for(CONNACK).body)
        self.assertEqual([reader.number(">B"), reader.number(">B")], [0, 0x9C])
        self.assertEqual(reader.properties()["server_reference"], REFERENCE)
        node1.open("refused too").connect(expect=3)

        # Some come to another node at once, with what was theirs; all other sessions move by themselves.
        publisher = node3.client("publisher")
        for n in range(80):
            publisher.publish(f"to/modern{n}", f"{n}", qos=1)
        early = [self.persistent(node2, f"modern{n}") for n in range(40)]
        eventually(lambda: self.state(node1, "evacuate")["state"] == "done", "the evacuation is done")
        state = self.state(node1, "evacuate")
        self.assertEqual((state["sent_away"], state["connections"], state["sessions"]), (180, 0, 0))
        self.assertEqual(node1.ctl("clients", "list").lines, [])
        for n in range(20):
            publisher.publish(f"to/resting{n}", f"{n}", qos=1)
        late = [self.persistent(node3, f"modern{n}") for n in range(40, 80)]
        for n, client in enumerate(early + late):
            self.assertTrue(client.session_present)
            self.assertEqual(client.receive().payload.decode(), f"{n}")
        for n in range(20):
            client = self.persistent(node2, f"resting{n}")
            self.assertTrue(client.session_present)
            self.assertEqual(client.receive().payload.decode(), f"{n}")
            client.drop()

        self.assertIn("off", node1.ctl("cluster", "evacuate", "stop").lines[0])
        node1.client("welcome again").disconnect()
        for client in early + late:
            client.disconnect()
        publisher.disconnect()

    def rebalancing(self, node1, node2, node3):
        clients = [node2.client(f"crowd{n}") for n in range(120)]
        eventually_equal(lambda: self.connections(node2), 120, "connections")
        node3.ctl("cluster", "rebalance", "start", "--rate", "200")
        # Every client that is sent away turns to the next node.
        moved = []

        def move():
            for client in [c for c in clients if c.drain(0.001) == [] and c.closed]:
                clients.remove(client)
                moved.append([node1, node3][len(moved) % 2].client(client.client_id))
            return len(moved) >= 70

        eventually(move, "clients move")
        for node in (node1, node2, node3):
            eventually(lambda: move() and self.state(node, "rebalance")["state"] == "off", f"{node.name} is even")
        counts = [self.connections(node) for node in (node1, node2, node3)]
        self.assertEqual(sum(counts), 120)
        self.assertLessEqual(max(counts), 46, counts)
        refused = node2.ctl("cluster", "rebalance", "stop", code=1)
        self.assertEqual(refused.lines, ["The cluster is not being rebalanced."])


if __name__ == "__main__":
    main()
