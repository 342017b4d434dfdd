"""What EMQ X adds to MQTT, with mosquitto's clients: delayed publish, topic rewrite, automatic subscriptions."""

import json
import time

from harness import SceneTest, eventually, main

SETTINGS = {
    "module.rewrite.pub.rule.1": "x/# ^x/y/(.+)$ z/y/$1",
    "module.rewrite.sub.rule.1": "y/+/z/# ^y/(.+)/z/(.+)$ y/z/$2",
    "module.rewrite.pub.rule.2": "later/# ^later/(.+)$ $delayed/1/$1",
    "module.subscription.1.topic": "inbox/%c",
    "module.subscription.1.qos": "1",
    "module.subscription.10.topic": "users/%u",
    "module.delayed.max_delayed_messages": "3",
}


class Extensions(SceneTest):
    def setUp(self):
        super().setUp()
        self.node1, self.node2 = self.scene.cluster(2, settings=SETTINGS)

    def mosquitto_pub(self, node, topic, *words):
        command = ["mosquitto_pub", "-h", node.address, "-p", str(node.mqtt_port), "-t", topic, "-q", "1"]
        return node.host.run([*command, *words], check=False)

    def mosquitto_sub(self, node, *words):
        """Prints `topic payload` for each message until it has as many as it was told."""
        command = ["mosquitto_sub", "-h", node.address, "-p", str(node.mqtt_port), "-v", "-W", "30", *words]
        return self.scene.spawn(node.host, command)

    def wait_subscribed(self, node, line):
        eventually(lambda: line in "\n".join(node.subscriptions()), f"{line} is subscribed")

    def test_topic_rewrite(self):
        reader = self.mosquitto_sub(self.node2, "-i", "reader", "-t", "z/y/#", "-t", "y/a/z/b", "-C", "2")
        self.wait_subscribed(self.node2, "reader -> y/z/b")
        eventually(lambda: len(self.node1.routes()) >= 2, "the routes are known")
        self.assertEqual(self.mosquitto_pub(self.node1, "x/y/1", "-m", "moved").returncode, 0)
        self.assertEqual(self.mosquitto_pub(self.node1, "y/z/b", "-m", "met").returncode, 0)
        self.assertEqual(reader.communicate(timeout=30)[0], "z/y/1 moved\ny/z/b met\n")

    def test_automatic_subscriptions(self):
        mailbox = self.mosquitto_sub(self.node2, "-i", "box", "-u", "joe", "-t", "nothing", "-C", "2")
        self.wait_subscribed(self.node2, "box -> users/joe")
        eventually(lambda: any("users/joe" in route for route in self.node1.routes()), "the route is known")
        self.mosquitto_pub(self.node1, "inbox/box", "-m", "by name")
        self.mosquitto_pub(self.node1, "users/joe", "-m", "by user")
        self.assertEqual(mailbox.communicate(timeout=30)[0], "inbox/box by name\nusers/joe by user\n")
        # Who comes without a user name has the first one alone.
        self.node1.client("plain")
        self.assertEqual([line for line in self.node1.subscriptions() if "plain" in line], ["plain -> inbox/plain"])

    def test_delayed_publish(self):
        reader = self.node2.client("reader", 5)
        reader.subscribe("t/#", qos=1)
        before = time.time()
        self.assertEqual(self.mosquitto_pub(self.node1, "$delayed/2/t/1", "-m", "two", "-i", "late").returncode, 0)
        waiting = json.loads(self.node2.ctl("--json", "delayed", "list").out)
        self.assertEqual([(m["topic"], m["from"], m["node"]) for m in waiting], [("t/1", "late", self.node1.name)])
        self.assertEqual(self.node2.ctl("delayed", "info").out, "delayed/total: 1\n")
        self.assertEqual(self.mosquitto_pub(self.node1, "later/t/2", "-m", "rewritten").returncode, 0)
        came = {}
        while len(came) < 2:
            message = reader.receive()
            came[message.topic] = time.time() - before
        self.assertGreaterEqual(came["t/1"], 1.9)
        self.assertGreaterEqual(came["t/2"], 0.9)
        eventually(lambda: self.node1.ctl("delayed", "info").out == "delayed/total: 0\n", "nothing waits any more")
        self.assertEqual(reader.drain(0.2), [], "each of them once")
        self.assertEqual(self.node1.metric("messages.delayed"), 2)

    def test_delayed_messages_outlive_their_node(self):
        reader = self.node2.client("reader")
        reader.subscribe("t", qos=1)
        self.assertEqual(self.mosquitto_pub(self.node1, "$delayed/4/t", "-m", "promised").returncode, 0)
        self.assertEqual(self.mosquitto_pub(self.node1, "$delayed/600/t", "-m", "not wanted").returncode, 0)
        unwanted = json.loads(self.node2.ctl("--json", "delayed", "list").out)[1]["id"]
        self.assertEqual(self.node2.ctl("delayed", "delete", unwanted).out, "ok\n")
        self.node2.ctl("delayed", "delete", unwanted, code=1)
        self.node1.kill()
        self.assertEqual(reader.receive().payload, b"promised")
        self.assertEqual(self.node2.ctl("delayed", "list").out, "")

    def test_delayed_publish_beyond_the_limit_is_refused(self):
        for _ in range(3):
            self.assertEqual(self.mosquitto_pub(self.node1, "$delayed/600/t", "-m", "x").returncode, 0)
        refused = self.mosquitto_pub(self.node1, "$delayed/600/t", "-m", "x", "-V", "5", "-d")
        self.assertIn("Quota exceeded", refused.stdout + refused.stderr)
        self.assertIn("module.delayed.max_delayed_messages is 3", self.node1.log())
        nonsense = self.mosquitto_pub(self.node1, "$delayed/soon/t", "-m", "x", "-V", "5", "-d")
        self.assertIn("RC:144", nonsense.stdout + nonsense.stderr)


if __name__ == "__main__":
    main()
