"""Settings that change while a node runs: by command, by file, for one node and for all of them."""

import json
import signal

from harness import SceneTest, eventually, eventually_equal, main


def results(output):
    return [(row["key"], row["node"], row["result"]) for row in json.loads(output.out)]


class HotSettings(SceneTest):
    def value(self, node, key):
        return json.loads(node.ctl("conf", "get", key, "--json").out)["value"]

    def configured(self, text):
        """A node with a configuration file, in which `text` stands."""
        path = self.scene.directory / "meshmq.conf"
        path.write_text(text)
        node = self.scene.node()
        base = node.command
        node.command = lambda: [*base(), "--config", path]
        return node.start(), path

    def test_limits_count_for_clients_that_connect_later(self):
        node = self.scene.node().start()
        early = node.client("early", version=5)
        self.assertEqual(early.connack_properties["receive_maximum"], 100)
        early.subscribe("t", qos=1)
        done = node.ctl("conf", "set", "zone.external.max_awaiting_rel=7", "mqtt.max_qos_allowed=0")
        self.assertIn("for clients that connect from now on", done.out)
        late = node.client("late", version=5)
        self.assertEqual(late.connack_properties["receive_maximum"], 7)
        self.assertEqual(late.connack_properties["maximum_qos"], 0)
        # Who was told otherwise is kept his word.
        early.publish("t", "x", qos=1)
        message = early.receive()
        self.assertEqual((message.payload, message.qos), (b"x", 1))
        # Kept for the next start, which `conf unset` takes back.
        node.stop()
        node.start()
        self.assertEqual(node.client("again", version=5).connack_properties["receive_maximum"], 7)
        node.ctl("conf", "unset", "zone.external.max_awaiting_rel", "mqtt.max_qos_allowed")
        self.assertEqual(node.client("again", version=5).connack_properties["receive_maximum"], 100)

    def test_listeners_obey_at_once(self):
        node = self.scene.node().start()
        first = node.client("first")
        node.ctl("conf", "set", "listener.tcp.external.max_connections=1")
        node.open("second").wait_closed()
        first.ping()
        node.wait_log("max_connections = 1 are connected")
        node.ctl("conf", "set", "listener.tcp.external.max_connections=10")
        node.client("third")
        wrong = node.ctl("conf", "set", "listener.tcp.external.max_connection=1", code=1)
        self.assertIn("did you mean listener.tcp.external.max_connections?", wrong.out)
        self.assertIn("--set sets it", node.ctl("conf", "set", "log.level=debug", code=1).out)
        self.assertIn("belongs into the configuration file", node.ctl("conf", "set", "node.cookie=x", code=1).out)

    def test_a_file_that_is_read_again(self):
        node, path = self.configured("log.rotation.count = 5\n")
        path.write_text("zone.external.max_inflight = 9\nlog.rotation.count = 6\n")
        node.process.send_signal(signal.SIGHUP)
        eventually_equal(lambda: self.value(node, "zone.external.max_inflight"), "9", "the value of the file")
        path.write_text("zone.external.max_inflight = 8\nlog.rotation.count = 6\nmodule.presence = off\n")
        done = node.ctl("conf", "reload", "--json")
        self.assertEqual(
            results(done),
            [
                ("module.presence", node.name, "changed"),
                ("zone.external.max_inflight", node.name, "changed"),
                ("log.rotation.count", node.name, "restart"),
            ],
        )
        self.assertIn("## after a restart: 6", node.ctl("conf", "show", "log.rotation.count").out)
        path.write_text("zone.external.max_inflight = 7\nnonsense\n")
        broken = node.ctl("conf", "reload", code=1)
        self.assertIn("meshmq.conf:2: expected `key = value`, not 'nonsense'", broken.out)
        self.assertEqual(self.value(node, "zone.external.max_inflight"), "8")

    def test_settings_for_all_nodes_reach_those_who_were_away(self):
        nodes = self.scene.cluster(3)
        first, second, third = nodes
        third.ctl("conf", "set", "alarm.size_limit=3")
        third.stop()
        eventually(lambda: third.name in first.status()[1], "the third is seen to be away")
        done = first.ctl("conf", "set", "alarm.size_limit=5", "cluster.autoclean=1h", "--cluster", "--json")
        self.assertEqual(
            sorted(results(done)),
            sorted(
                (key, node.name, result)
                for key in ("alarm.size_limit", "cluster.autoclean")
                for node, result in ((first, "changed"), (second, "changed"), (third, "later"))
            ),
        )
        eventually_equal(lambda: self.value(second, "alarm.size_limit"), "5", "the value on the second")
        third.start()
        eventually_equal(lambda: self.value(third, "alarm.size_limit"), "5", "the value on the third")
        self.assertIn("conf set --cluster", third.ctl("conf", "show", "cluster.autoclean").out)
        # Nobody changes what one of them cannot.
        fourth = self.scene.node(settings={"alarm.size_limit": "9"}).start()
        fourth.ctl("cluster", "join", first.name)
        refused = first.ctl("conf", "set", "alarm.size_limit=6", "--cluster", code=1)
        self.assertIn(f"{fourth.name}: alarm.size_limit: refused, --set sets it", refused.out)
        self.assertEqual(self.value(first, "alarm.size_limit"), "5")
        # A restart needs nobody else.
        second.stop()
        second.start()
        self.assertEqual(self.value(second, "alarm.size_limit"), "5")


if __name__ == "__main__":
    main()
