"""What operators see of a running cluster: explanations, traces, slow subscribers, counted topics, StatsD, the audit
log, the log's levels. Real nodes, real clients, a real StatsD socket."""

import json
import os
import re
import subprocess
import sys
import threading
import time

from harness import SceneTest, eventually, main
from rest_api import Api


class Observe(SceneTest):
    def test_two_nodes(self):
        settings = {
            "dashboard.listener.http": "0",
            "slow_subs.threshold": "1ms",
            "slow_subs.stats_type": "response",
            "log.level": "info",
            "log.formatter": "json",
        }
        self.node1, self.node2 = self.scene.cluster(2, settings=settings)
        self.api1, self.api2 = Api(self.node1), Api(self.node2)
        self.explaining()
        self.tracing()
        self.slow_subscribers_and_topics()
        self.histograms()
        self.audit()
        self.log()

    def explain(self, *words):
        return json.loads(self.node1.ctl("--json", "trace", "explain", *words).out)

    def explaining(self):
        far = self.node2.client("far", version=5, clean=False, properties={"session_expiry": 1000})
        far.subscribe("a/+", qos=1)
        answer = self.explain("far", "a/1", "--qos", "1")
        self.assertEqual(answer["verdict"], f"delivered: 'far' gets it on {self.node2.name}")
        self.assertEqual(
            [(step["step"], step["node"]) for step in answer["steps"]],
            [("topic", self.node1.name), ("route", self.node1.name), ("link", self.node1.name)]
            + [(name, self.node2.name) for name in ("session", "subscription", "qos", "window", "queue")],
        )
        self.assertTrue(all(step["ok"] for step in answer["steps"]))
        # It is so.
        self.node1.client("near").publish("a/1", b"x", qos=1)
        self.assertEqual(far.receive().topic, "a/1")

        answer = self.explain("far", "b/1")
        self.assertRegex(answer["verdict"], r"not delivered: subscription on .*none of its 1 subscriptions matches")
        answer = self.explain("nobody", "b/1")
        self.assertRegex(answer["verdict"], r"no running node has a session of 'nobody'")
        answer = self.explain("far", "a/#")
        self.assertRegex(answer["verdict"], r"not delivered: topic .* is no topic name")
        data = self.api2.data("explain_delivery", body={"clientid": "far", "topic": "a/1", "node": self.node2.name})
        self.assertEqual(data["verdict"], f"delivered: 'far' gets it on {self.node2.name}")
        self.assertIn("STOP", self.node1.ctl("trace", "explain", "far", "b").out)

        far.disconnect()
        eventually(
            lambda: self.explain("far", "a/1", "--qos", "1")["verdict"].startswith("delivered later: it waits"),
            "the client is away",
        )

    def tracing(self):
        self.assertEqual(
            self.node1.ctl("trace", "start", "client", "traced", "joe").out, "trace clientid traced successfully\n"
        )
        made = self.api1.data("create_trace", body={"type": "topic", "value": "t/#", "name": "topics"})
        self.assertEqual((made["status"], made["value"]), ("running", "t/#"))
        # Everywhere, also on the node that was not asked.
        def listed():
            text = self.node2.ctl("trace", "list").out
            return all(f"name={name}, status=running" in text for name in ("joe", "topics"))

        eventually(listed, "the other node traces")
        traced = self.node2.client("traced", version=5)
        traced.subscribe("t/1", qos=1)
        self.node1.client("near").publish("t/1", b"secret", qos=1)
        self.assertEqual(traced.receive().payload, b"secret")
        traced.disconnect()

        wanted = (
            (self.node1, "PUBLISH received: qos=1"),
            (self.node2, "SUBSCRIBE: filter='t/1'"),
            (self.node2, "PUBLISH sent: qos=1"),
            (self.node2, "PUBLISH acknowledged"),
        )

        def whole():
            text = self.api1.call("download_trace", name="topics")
            lines = text.splitlines()
            missing = [
                f"{node.name}: {what}"
                for node, what in wanted
                if not any(f" {node.name} " in line and what in line for line in lines)
            ]
            return not missing and text

        # Each node's lines are written by a thread of its own.
        text = eventually(whole, "all lines are written")
        self.assertNotIn("secret", text)
        lines = text.splitlines()
        self.assertEqual(lines, sorted(lines, key=lambda line: line[:23]))
        own = eventually(
            lambda: (log := self.api1.data("read_trace", name="joe", query={"node": self.node2.name}))
            and log["items"].count("\n") >= 5
            and log,
            "the client's life",
        )
        for what in ("CONNECT: version=5", "SUBSCRIBE", "PUBLISH sent", "PUBLISH acknowledged", "disconnected"):
            self.assertIn(what, own["items"])
        rest = self.api1.data("read_trace", name="joe", query={"node": self.node2.name, "position": own["position"]})
        self.assertEqual((rest["items"], rest["position"]), ("", own["position"]))
        sizes = {row["name"]: row["log_size"] for row in self.api1.data("list_traces")}
        self.assertEqual(sizes["joe"][self.node2.name], own["position"])
        self.assertIn("CONNECT", self.node2.ctl("trace", "log", "joe").out)

        # A node that comes back traces as well, until the end.
        self.node2.stop()
        self.api1.data("stop_trace", name="topics")
        self.node2.start()
        eventually(lambda: "name=topics, status=stopped" in self.node2.ctl("trace", "list").out, "it has heard of it")
        self.assertIn("name=joe, status=running", self.node2.ctl("trace", "list").out)
        self.node2.client("traced").disconnect()
        eventually(lambda: self.node2.ctl("trace", "log", "joe").out.count("CONNECT:") == 2, "it goes on")
        self.api1.data("delete_trace", name="topics")
        self.assertEqual(
            self.node1.ctl("trace", "stop", "client", "traced").out, "stop tracing clientid traced successfully\n"
        )
        self.assertEqual(self.node1.ctl("trace", "stop", "client", "traced", code=1).code, 1)
        path = re.search(r"destination=([^,]*joe.log)", self.node2.ctl("trace", "list").out).group(1)
        path = os.path.join(os.path.dirname(path), "topics.log")
        eventually(lambda: not os.path.exists(path), "the file is gone")

    def slow_subscribers_and_topics(self):
        self.assertEqual(self.node1.ctl("topic_metrics", "register", "s").out, "ok\n")
        eventually(lambda: self.node2.ctl("topic_metrics", "list").out.startswith("s\n"), "both nodes count it")
        slow = self.node2.client("slow", version=5)
        slow.subscribe("s", qos=1)
        near = self.node1.client("near")
        near.publish("s", b"1", qos=1)
        time.sleep(0.01)  # it does not read
        self.assertEqual(slow.receive().payload, b"1")
        rows = eventually(lambda: self.api1.data("list_slow_subscriptions"), "somebody is slow")
        self.assertEqual((rows[0]["clientid"], rows[0]["topic"], rows[0]["node"]), ("slow", "s", self.node2.name))
        self.assertGreaterEqual(rows[0]["latency_ms"], 1)
        self.assertIn("SlowSubscriber(slow, topic=s,", self.node2.ctl("slow_subs", "list").out)
        self.api1.data("clear_slow_subscriptions")
        self.assertEqual(self.node2.ctl("slow_subs", "list").out, "")
        metrics = self.api2.data("list_topic_metrics", topic="s")
        counted = {name: metrics[f"messages.{name}.count"] for name in ("in", "out", "qos1.in", "qos1.out", "dropped")}
        self.assertEqual(counted, {"in": 1, "out": 1, "qos1.in": 1, "qos1.out": 1, "dropped": 0})
        self.assertEqual(self.node1.ctl("topic_metrics", "deregister", "s").out, "ok\n")

    def histograms(self):
        text = self.api1.call("prometheus_metrics") + self.api2.call("prometheus_metrics")
        for name in ("publish_to_deliver", "forward", "route_lag", "loop_turn", "control_lateness"):
            counts = re.findall(rf"^meshmq_{name}_seconds_count\{{.*\}} (\d+)$", text, re.M)
            self.assertEqual(len(counts), 2, name)
            self.assertGreater(sum(map(int, counts)), 0, name)

    def audit(self):
        self.api2.data("add_banned", body={"who": "bad", "as": "clientid", "reason": "noise"})
        self.node2.ctl("admins", "add", "eve", "topsecret")
        rows = self.api1.data("list_audit", query={"_limit": 2})
        self.assertEqual(
            [(row["node"], row["action"], row["result"]) for row in rows],
            [(self.node2.name, "admins add", "ok"), (self.node2.name, "POST /api/v4/banned", "ok")],
        )
        self.assertEqual((rows[1]["who"], rows[0]["detail"]), ("admin", "admins add eve ***"))
        self.assertIn('"who":"bad"', rows[1]["detail"])
        everything = self.node2.ctl("audit", "list").out
        self.assertNotIn("topsecret", everything)
        self.assertIn("trace start", self.node1.ctl("audit", "list").out)
        self.assertNotIn("trace list", everything)
        self.api2.data("set_configs", body={"changes": {"slow_subs.top_k_num": "5"}, "cluster": False})
        self.node2.ctl("conf", "set", "trace.duration=5m", "--cluster")
        operator = next(row for row in self.api2.data("list_audit") if row["action"] == "conf set")["who"]
        everywhere = "(default) -> 5m (conf set --cluster)"
        settings = eventually(
            lambda: (rows := [row for row in self.api1.data("list_audit") if row["action"].startswith("setting")])
            and len(rows) == 3
            and rows,
            "what became of the settings",
        )
        self.assertEqual(
            {(row["node"], row["who"], row["from"].split(":")[0], row["detail"]) for row in settings},
            {
                (self.node1.name, operator, f"command line at {self.node2.name}", everywhere),
                (self.node2.name, operator, "command line", everywhere),
                (self.node2.name, "admin", self.node2.name.split("@")[1], "(default) -> 5 (conf set)"),
            },
        )
        refused = self.api2.data("set_configs", body={"changes": {"trace.duration": "soon"}})
        self.assertEqual(refused[0]["result"], "refused")
        row = self.api2.data("list_audit", query={"_limit": 1})[0]
        self.assertRegex(row["result"], "^refused: trace.duration")

    def log(self):
        handlers = self.node1.ctl("log", "handlers", "list").out
        self.assertRegex(handlers, r"^LogHandler\(id=(console|file), level=info, destination=.*, status=started\)\n$")
        lines = [json.loads(line) for line in self.node1.log().splitlines() if line.startswith("{")]
        self.assertTrue(lines)
        self.assertEqual({line["node"] for line in lines}, {self.node1.name})
        self.node1.ctl("log", "set-level", "debug")
        self.node1.client("loud").disconnect()
        eventually(lambda: '"clientid":"loud"' in self.node1.log(), "a line about the client")


class Statsd(SceneTest):
    def test_metrics_are_pushed(self):
        host = self.scene.host()
        address = host.address or "127.0.0.1"
        script = "import socket, sys\n"
        script += "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], 0))\n"
        script += "print(s.getsockname()[1], flush=True)\n"
        script += "while True: print(s.recv(2048).decode(), end='\\n--\\n', flush=True)\n"
        server = host.spawn([sys.executable, "-c", script, address], stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        port = int(server.stdout.readline())
        node = self.scene.node(host=host, settings={"statsd.tags": "env:test"}).start()
        node.ctl("conf", "set", f"statsd.server={address}:{port}", "statsd.flush_time_interval=1s")
        node.client("one").publish("x", b"y", qos=1)
        seen = set()
        name = node.name.replace("@", "_")
        tags = f"|#node:{name},env:test"
        wanted = {f"meshmq.connections.count:1|g{tags}", f"meshmq.messages.qos1.received:1|c{tags}"}
        # Without a line it ends, and so does the test.
        deadline = threading.Timer(20, server.kill)
        deadline.start()
        self.addCleanup(deadline.cancel)
        while not wanted <= seen:
            line = server.stdout.readline()
            self.assertTrue(line, f"missing: {wanted - seen}")
            seen.add(line.rstrip("\n"))


if __name__ == "__main__":
    main()
