"""The README's walk-through with stock tools: two machines, join, status, publish across, leave, force-leave."""

import json
import pathlib
import subprocess
import time

from harness import Failed, PATIENCE, SceneTest, eventually_equal, main, wait_running

JS = pathlib.Path(__file__).resolve().parent / "js" / "publish.mjs"
BOTH = (
    "Cluster status: #{running_nodes => ['meshmq@10.77.0.1','meshmq@10.77.0.2'],\n"
    "                  stopped_nodes => []}\n"
)


def alone(node):
    return f"Cluster status: #{{running_nodes => ['{node.name}'],stopped_nodes => []}}\n"


class Walkthrough(SceneTest):
    def setUp(self):
        super().setUp()
        self.node1 = self.scene.node().start()
        self.node2 = self.scene.node().start()

    def mosquitto_sub(self, node, topic, count, *options):
        """A stock subscriber; returns once its SUBACK has come."""
        words = ["-h", node.address, "-p", node.mqtt_port, "-t", topic, "-C", count, "-W", int(PATIENCE), *options]
        child = self.scene.spawn(node.host, ["stdbuf", "-oL", "mosquitto_sub", "-d", "-v", *words])
        seen = ""
        while "SUBACK" not in seen:
            line = child.stdout.readline()
            if not line:
                raise Failed(f"mosquitto_sub ended: {seen}")
            seen += line
        return child

    def mosquitto_pub(self, node, topic, payload, *options):
        words = ["-h", node.address, "-p", node.mqtt_port, "-t", topic, "-m", payload, *options]
        node.host.run(["mosquitto_pub", *words], timeout=PATIENCE)

    def assert_arrives(self, child, line):
        """`mosquitto_sub -v` printed this line among its protocol chatter, once."""
        try:
            printed = child.communicate(timeout=PATIENCE)[0].splitlines()
        except subprocess.TimeoutExpired:
            self.fail(f"{line!r} never came")
        self.assertEqual([text for text in printed if text == line], [line])

    def test_join_publish_leave_and_force_leave(self):
        node1, node2 = self.node1, self.node2
        self.assertEqual(node1.ctl("cluster", "status").out, alone(node1))

        joined = node2.ctl("cluster", "join", node1.name)
        self.assertEqual(joined.out, "Join the cluster successfully.\n" + BOTH)
        self.assertEqual(node1.ctl("cluster", "status").out, BOTH)
        self.assertEqual(node2.ctl("cluster", "status").out, BOTH)
        for qos in "0", "1", "2":
            subscriber = self.mosquitto_sub(node1, "testtopic/#", 1, "-q", qos)
            self.mosquitto_pub(node2, "testtopic/123", f"hello {qos}", "-q", qos)
            self.assert_arrives(subscriber, f"testtopic/123 hello {qos}")

        left = node2.ctl("cluster", "leave")
        self.assertEqual(left.out, "Leave the cluster successfully.\n" + alone(node2))
        self.assertEqual(node2.ctl("cluster", "status").out, alone(node2))
        eventually_equal(lambda: node1.ctl("cluster", "status").out, alone(node1), "status of node1 after leave")
        apart = node1.client("apart")
        apart.subscribe("testtopic/#")
        self.mosquitto_pub(node2, "testtopic/123", "to nobody", "-q", "1")
        self.assertEqual(apart.drain(0.5), [])
        eventually_equal(node2.routes, [], "routes of the node that left")

        node2.ctl("cluster", "join", node1.name)
        self.mosquitto_pub(node2, "testtopic/123", "together again", "-q", "1")
        self.assertEqual(apart.receive().payload, b"together again")

        removed = node1.ctl("cluster", "force-leave", node2.name)
        self.assertEqual(removed.out, "Remove the node from cluster successfully.\n" + alone(node1))
        eventually_equal(lambda: node2.ctl("cluster", "status").out, alone(node2), "status of the removed node")
        self.mosquitto_pub(node2, "testtopic/123", "to nobody", "-q", "1")
        self.assertEqual(apart.drain(0.5), [])

    def test_left_node_stays_away_after_restart(self):
        node1, node2 = self.node1, self.node2
        node2.ctl("cluster", "join", node1.name)
        node2.ctl("cluster", "leave")
        node2.stop()
        node2.start()
        time.sleep(1)
        self.assertEqual(node2.status(), ([node2.name], []))
        self.assertEqual(node1.status(), ([node1.name], []))

    def test_force_leave_of_a_stopped_node(self):
        node1, node2 = self.node1, self.node2
        node2.ctl("cluster", "join", node1.name)
        node2.stop()
        wait_running([node1], stopped=[node2])
        removed = node1.ctl("cluster", "force-leave", node2.name)
        self.assertEqual(removed.out, "Remove the node from cluster successfully.\n" + alone(node1))
        # It is told on its return that it was removed: no ghost, no node that lives in a cluster nobody else sees.
        node2.start()
        eventually_equal(node2.status, ([node2.name], []), "status of the node that was removed while away")
        self.assertEqual(node1.status(), ([node1.name], []))
        node2.ctl("cluster", "join", node1.name)
        wait_running([node1, node2])

    def test_join_disturbs_no_client(self):
        node1, node2 = self.node1, self.node2
        listeners = []
        for node in (node1, node2):
            for number in range(5):
                client = node.client(f"{node.address}-{number}", version=4 + number % 2)
                client.subscribe("news/#", qos=1)
                listeners.append(client)
        talkers = [node.client(f"talker-{node.address}") for node in (node1, node2)]
        for node, talker in zip((node1, node2), talkers):
            talker.publish("news/before", "before", qos=1)
        for client in listeners:
            self.assertEqual(client.receive().payload, b"before")

        node2.ctl("cluster", "join", node1.name)
        talkers[0].publish("news/after", "from node1", qos=1)
        talkers[1].publish("news/after", "from node2", qos=1)
        for client in listeners:
            self.assertEqual({client.receive().payload for _ in range(2)}, {b"from node1", b"from node2"})

        node2.ctl("cluster", "leave")
        for talker in talkers:
            talker.publish("news/apart", "own node only", qos=1)
        for client in listeners:
            self.assertEqual([message.payload for message in client.drain(0.5)], [b"own node only"], client.client_id)
            client.ping()
        self.assertEqual(node1.metric("client.disconnected"), 0)
        self.assertEqual(node2.metric("client.disconnected"), 0)

    def test_mqtt_js_with_mqtt_5(self):
        node1, node2 = self.node1, self.node2
        node2.ctl("cluster", "join", node1.name)
        urls = [f"mqtt://{node.address}:{node.mqtt_port}" for node in (node1, node2)]
        done = node2.host.run(["node", JS, *urls, "js/topic"], timeout=PATIENCE * 2)
        self.assertEqual(
            json.loads(done.stdout),
            {
                "topic": "js/topic",
                "payload": "from MQTT.js",
                "qos": 2,
                "properties": {
                    "contentType": "text/plain",
                    "responseTopic": "answers/here",
                    "correlationData": {"type": "Buffer", "data": [ord("7")]},
                    "userProperties": {"colour": "blue"},
                },
            },
        )


if __name__ == "__main__":
    main()
