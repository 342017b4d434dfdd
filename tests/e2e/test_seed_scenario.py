"""Three nodes on three addresses: what the three tables hold, who forwards to whom, who gets the message."""

import json

from harness import SceneTest, eventually_equal, main


class SeedScenario(SceneTest):
    def setUp(self):
        super().setUp()
        self.nodes = self.scene.cluster(3)
        node1, node2, node3 = self.nodes
        self.client1 = node1.client("client1")
        self.client1.subscribe("t/+/x", "t/+/y")
        self.client2 = node2.client("client2")
        self.client2.subscribe("t/#")
        self.client3 = node3.client("client3")
        self.client3.subscribe("t/+/x", "t/a")

    def test_tables(self):
        node1, node2, node3 = self.nodes
        routes = [
            f"t/# -> {node2.name}",
            f"t/+/x -> {node1.name}",
            f"t/+/x -> {node3.name}",
            f"t/+/y -> {node1.name}",
            f"t/a -> {node3.name}",
        ]
        for node in self.nodes:
            # No waiting: SUBACK means that every node has the route.
            self.assertEqual(node.routes(), routes, node.name)
            self.assertEqual(node.trie(), ["t/#", "t/+/x", "t/+/y"], node.name)
        self.assertEqual(node1.subscriptions(), ["client1 -> t/+/x", "client1 -> t/+/y"])
        self.assertEqual(node2.subscriptions(), ["client2 -> t/#"])
        self.assertEqual(node3.subscriptions(), ["client3 -> t/+/x", "client3 -> t/a"])
        self.assertEqual(node2.ctl("routes", "show", "t/+/x").lines, routes[1:3])
        self.assertEqual(node2.ctl("routes", "show", "t/nobody").lines, [])
        self.assertEqual(node3.ctl("subscriptions", "show", "client3").lines, ["client3 -> t/+/x", "client3 -> t/a"])
        self.assertEqual(node3.ctl("subscriptions", "show", "client2", code=None).out.strip(), "Not Found.")

    def test_how_a_message_would_travel(self):
        node1, node2, node3 = self.nodes
        self.client1.subscribe("$share/g/t/a", qos=1)
        expected = [
            f"t/# -> {node2.name}",
            f"t/a -> {node3.name}",
            f"$share/g/t/a -> {node1.name} (1 of 1 members online), one member of the group",
            f"{node1.name}:",
            "  client1 -> $share/g/t/a qos=1",
            f"{node2.name}:",
            "  client2 -> t/# qos=0",
            f"{node3.name}:",
            "  client3 -> t/a qos=0",
        ]
        for node in self.nodes:
            self.assertEqual(node.ctl("routes", "match", "t/a").lines, expected, node.name)
        found = json.loads(node1.ctl("--json", "routes", "match", "t/a/y").out)
        self.assertEqual(found["subscribers"][node1.name], [{"clientid": "client1", "topic": "t/+/y", "qos": 0}])

    def test_one_copy_per_node_and_one_message_per_client(self):
        node1, node2, node3 = self.nodes
        self.client1.publish("t/a", "once", qos=1)
        for client in (self.client2, self.client3):
            message = client.receive()
            self.assertEqual((message.topic, message.payload, message.retain), ("t/a", b"once", False))
        for client in (self.client1, self.client2, self.client3):
            self.assertEqual(client.drain(1), [], client.client_id)
        self.assertEqual(node1.metric("messages.forward"), 2)
        self.assertEqual(node2.metric("messages.forward"), 0)
        self.assertEqual(node3.metric("messages.forward"), 0)
        for node in (node2, node3):
            self.assertEqual(node.metric("messages.forward.received"), 1, node.name)

        # Only node3 and node1 itself want this one: one forward more. client3's two filters and client1's overlap not.
        self.client1.publish("t/b/x", "two nodes", qos=0)
        for client in (self.client1, self.client2, self.client3):
            self.assertEqual(client.receive().payload, b"two nodes", client.client_id)
            self.assertEqual(client.drain(0.5), [], client.client_id)
        self.assertEqual(node1.metric("messages.forward"), 4)

    def test_routes_follow_unsubscribe_and_disconnect(self):
        node1, node2, node3 = self.nodes
        self.client3.unsubscribe("t/+/x")
        expected = [f"t/# -> {node2.name}", f"t/+/x -> {node1.name}", f"t/+/y -> {node1.name}", f"t/a -> {node3.name}"]
        for node in self.nodes:
            eventually_equal(node.routes, expected, f"routes of {node.name}")
        self.client1.disconnect()
        self.client2.drop()
        for node in self.nodes:
            eventually_equal(node.routes, [f"t/a -> {node3.name}"], f"routes of {node.name}")
            eventually_equal(node.trie, [], f"trie of {node.name}")
        self.assertEqual(node1.subscriptions(), [])

    def test_one_publishers_messages_stay_in_order_across_nodes(self):
        for qos in (0, 1, 2):
            payloads = [str(number) for number in range(300)]
            self.client1.publish_all("t/a", payloads, qos=qos)
            for client in (self.client2, self.client3):
                self.assertEqual(client.receive_payloads(len(payloads)), payloads, f"QoS {qos}")
        for client in (self.client1, self.client2, self.client3):
            self.assertEqual(client.drain(0.5), [])


if __name__ == "__main__":
    main()
