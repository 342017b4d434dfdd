"""What nodes tell of themselves: $SYS topics, events of clients, alarms. The names are those of EMQ X 4.3.5."""

import json
import re
import time

from harness import SceneTest, eventually, main

SETTINGS = {
    # The shipped rules let nobody from elsewhere look.
    "zone.external.enable_acl": "off",
    "broker.sys_interval": "1s",
    "broker.sys_heartbeat": "1s",
    "os_mon.mem_check_interval": "1s",
    "os_mon.sysmem_high_watermark": "1%",
}
STATS = """channels connections delayed retained routes sessions suboptions subscribers subscriptions
subscriptions.shared topics""".split()
METRICS = """bytes/received bytes/sent client/connack client/connect client/connected client/disconnected
client/subscribe client/unsubscribe delivery/dropped delivery/dropped/expired delivery/dropped/no_local
delivery/dropped/qos0_msg delivery/dropped/queue_full delivery/dropped/too_large messages/acked messages/delayed
messages/delivered messages/dropped messages/dropped/expired messages/dropped/no_subscribers messages/forward
messages/publish
messages/qos0/received messages/qos0/sent messages/qos1/received messages/qos1/sent messages/qos2/received
messages/qos2/sent messages/received messages/retained messages/sent packets/auth/received packets/auth/sent
packets/connack/error packets/connack/sent packets/connect/received packets/disconnect/received
packets/disconnect/sent packets/pingreq/received packets/pingresp/sent packets/puback/inuse packets/puback/missed
packets/puback/received packets/puback/sent packets/pubcomp/inuse packets/pubcomp/missed packets/pubcomp/received
packets/pubcomp/sent packets/publish/dropped packets/publish/error packets/publish/inuse packets/publish/received
packets/publish/sent packets/pubrec/inuse packets/pubrec/missed packets/pubrec/received packets/pubrec/sent
packets/pubrel/missed packets/pubrel/received packets/pubrel/sent packets/received packets/sent
packets/suback/sent packets/subscribe/received packets/unsuback/sent packets/unsubscribe/error
packets/unsubscribe/received session/created session/discarded session/resumed session/takeovered
session/terminated""".split()


class Monitoring(SceneTest):
    def setUp(self):
        super().setUp()
        self.node1, self.node2 = self.scene.cluster(2, settings=SETTINGS)

    def collect(self, client, wanted):
        """topic -> payload of what comes, until all of `wanted` is there."""
        seen = {}

        def complete():
            for message in client.drain(0.1):
                seen[message.topic] = message.payload.decode()
            return wanted <= set(seen)

        try:
            eventually(complete, f"{len(wanted)} topics")
        except AssertionError as failure:
            raise AssertionError(f"{failure}\nmissing: {sorted(wanted - set(seen))}") from None
        return seen

    def test_sys_topics_of_all_nodes_on_every_node(self):
        reader = self.node2.client("reader")
        stranger = self.node2.client("stranger")
        stranger.subscribe("#")
        stranger.subscribe("+/brokers/#")
        reader.subscribe("$SYS/#")
        wanted = {"$SYS/brokers"}
        for node in (self.node1, self.node2):
            wanted |= {f"$SYS/brokers/{node.name}/{name}" for name in ("version", "sysdescr", "uptime", "datetime")}
            wanted |= {f"$SYS/brokers/{node.name}/stats/{name}.{kind}" for name in STATS for kind in ("count", "max")}
            wanted |= {f"$SYS/brokers/{node.name}/metrics/{name}" for name in METRICS}
        seen = self.collect(reader, wanted)
        for topic, payload in seen.items():
            if "/stats/" in topic or "/metrics/" in topic:
                self.assertRegex(payload, r"^\d+$", topic)
        own = f"$SYS/brokers/{self.node1.name}/"
        self.assertRegex(seen[own + "uptime"], r"^(\d+ minutes, )?\d+ seconds$")
        self.assertRegex(seen[own + "datetime"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        self.assertEqual(seen[own + "sysdescr"], "MeshMQ Broker")
        self.assertEqual(f"Node '{self.node1.name}' {seen[own + 'version']} is started\n", self.node1.ctl("status").out)
        both = ",".join(sorted((self.node1.name, self.node2.name)))

        def nodes():
            return self.collect(reader, {"$SYS/brokers"})["$SYS/brokers"] == both

        eventually(nodes, "both nodes are listed")
        # [MQTT-4.7.2-1]
        self.assertEqual(stranger.drain(0.1), [])
        # These three are retained.
        for topic in ("$SYS/brokers", f"{own}version", f"{own}sysdescr"):
            late = self.node2.client("late")
            late.subscribe(topic)
            self.assertEqual((late.receive().retain, topic), (True, topic))

    def test_events_of_clients(self):
        watcher = self.node1.client("watcher")
        watcher.subscribe("$SYS/brokers/+/clients/#", qos=1)

        def event(node, client_id, what):
            message = eventually(lambda: watcher.receive(), f"{client_id} {what}")
            self.assertEqual(message.topic, f"$SYS/brokers/{node.name}/clients/{client_id}/{what}")
            self.assertEqual(message.qos, 1)
            return json.loads(message.payload)

        address, port = self.node2.address, self.node2.mqtt_port
        before = time.time() * 1000 - 1000
        done = self.node2.host.run(
            ["mosquitto_pub", "-h", address, "-p", str(port), "-i", "real", "-u", "joe", "-k", "33", "-V", "5"]
            + ["-t", "x", "-m", "y"],
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        came = event(self.node2, "real", "connected")
        left = event(self.node2, "real", "disconnected")
        for times in (came.pop("ts"), came.pop("connected_at"), left.pop("ts"), left.pop("disconnected_at")):
            self.assertTrue(before < times < before + 60000, times)
        common = {"clientid": "real", "username": "joe", "ipaddress": address, "sockport": port, "proto_name": "MQTT"}
        common["proto_ver"] = 5
        self.assertEqual(
            came, {**common, "clean_start": True, "connack": 0, "expiry_interval": 0, "keepalive": 33}
        )
        self.assertEqual(left, {**common, "reason": "normal"})

        first = self.node1.client("roamer", clean=False)
        self.assertEqual(event(self.node1, "roamer", "connected")["username"], "undefined")
        second = self.node2.client("roamer", clean=False)
        # Both nodes speak, each for itself.
        reasons = {}
        for _ in range(2):
            message = watcher.receive()
            reasons[message.topic] = json.loads(message.payload).get("reason")
        self.assertEqual(
            reasons,
            {
                f"$SYS/brokers/{self.node1.name}/clients/roamer/disconnected": "takeovered",
                f"$SYS/brokers/{self.node2.name}/clients/roamer/connected": None,
            },
        )
        first.wait_closed()
        second.drop()
        self.assertEqual(event(self.node2, "roamer", "disconnected")["reason"], "tcp_closed")
        self.node1.client("kicked")
        event(self.node1, "kicked", "connected")
        self.node2.ctl("clients", "kick", "kicked")
        self.assertEqual(event(self.node1, "kicked", "disconnected")["reason"], "kicked")

    def test_alarms(self):
        name = "high_system_memory_usage"
        # Its watermark is far below what a running machine uses.
        eventually(lambda: name in self.node1.ctl("alarms", "list", "activated").out, "the alarm lasts")
        watcher = self.node2.client("watcher", 5)
        topics = [f"$SYS/brokers/{self.node1.name}/alarms/{what}" for what in ("deactivate", "activate")]
        watcher.subscribe(*topics)
        self.assertEqual(self.node1.ctl("alarms", "deactivate", name).out, "ok\n")
        ended, begun = watcher.receive(), watcher.receive()
        self.assertEqual([ended.topic, begun.topic], topics)
        self.assertEqual(begun.properties["content_type"], "application/json")
        ended, begun = json.loads(ended.payload), json.loads(begun.payload)
        self.assertEqual((ended["name"], ended["activated"], ended["message"]), (name, False, name))
        self.assertGreaterEqual(ended["deactivate_at"], ended["activate_at"])
        begun.pop("activate_at")
        self.assertEqual(
            begun,
            {
                "activated": True,
                "deactivate_at": "infinity",
                "details": {"high_watermark": 1},
                "message": "System memory usage is higher than 1%",
                "name": name,
            },
        )
        over = self.node1.ctl("alarms", "list", "deactivated").out
        self.assertTrue(re.match(rf"Alarm\({name}, activated=false, .*message=System memory", over), over)
        self.assertEqual(json.loads(self.node1.ctl("--json", "alarms", "list", "deactivated").out)[0]["name"], name)
        self.assertEqual(self.node1.ctl("alarms", "clear").out, "Cleared 1 alarms\n")
        self.assertIn(f"Alarm {name} is activated", self.node1.log())


if __name__ == "__main__":
    main()
