"""The management API: every operation against its own description, on two nodes with clients; who may ask."""

import json
import os
import signal
import subprocess
import unittest

from harness import SceneTest, eventually, eventually_equal, main
from rest_api import Api

SETTINGS = {"dashboard.listener.http": "0", "prometheus.emqx_names": "off"}
# Members of a client in EMQ X 4.3.5.
EMQX_CLIENT = set(
    """heap_size max_inflight subscriptions_cnt mountpoint is_bridge connected_at mailbox_len max_awaiting_rel zone
    mqueue_len max_subscriptions connected clean_start send_msg clientid port proto_name expiry_interval node
    ip_address username mqueue_dropped awaiting_rel inflight max_mqueue reductions created_at proto_ver
    keepalive recv_oct recv_cnt recv_pkt recv_msg send_oct send_cnt send_pkt""".split()
)
EMQX_NODE = set(
    """version uptime process_used process_available otp_release node_status node memory_used memory_total max_fds
    load1 load5 load15 connections""".split()
)
EMQX_BROKER = {"version", "uptime", "sysdescr", "otp_release", "node_status", "node", "datetime"}


class RestApi(SceneTest):
    def setUp(self):
        super().setUp()
        self.node1, self.node2 = self.scene.cluster(2, settings=SETTINGS)
        self.api1, self.api2 = Api(self.node1), Api(self.node2)

    def promtool(self, what, text):
        done = subprocess.run(["promtool", *what], input=text, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), text[:3000])

    def test_every_operation(self):
        here, there, api = self.node1.name, self.node2.name, self.api1
        near = self.node1.client("near", version=5)
        far = self.node2.client("far", username="joe", clean=False)
        far.subscribe("t/#", qos=1)
        near.subscribe("$share/g/s", qos=1)
        self.nodes_and_clients(api, here, there)
        self.traffic()
        self.subscribing(api, near, far, there)
        self.publishing(api, far)
        self.waiting_messages(api, near)
        self.listeners_and_alarms(api, here, there)
        self.counters(api, there)
        self.bans_and_users(api)
        self.accounts(api)
        self.watching(api, there)
        self.kicking(api, far)
        self.shedding(api, there)
        self.configuration(api, here, there)
        self.exported_data(api)
        self.membership(api, there)
        described = {
            operation["operationId"] for methods in api.document["paths"].values() for operation in methods.values()
        }
        self.assertEqual(described - api.called, set())

    def exported_data(self, api):
        made = api.data("export_data")
        self.assertEqual([row["filename"] for row in api.data("list_exported_data")], [made["filename"]])
        document = api.data("download_data", filename=made["filename"])["file"]
        self.assertEqual((document["product"], document["settings"]["os_mon.cpu_low_watermark"]), ("meshmq", "50%"))
        taken = {"login": "taken", "type": "username", "password_hash": "plain$$" + "eA=="}
        other = {"version": "4.3", "auth_mnesia": [taken, {"login": "lost"}], "resources": [{"id": "r"}]}
        api.data("upload_data", body={"filename": "other.json", "file": other})
        report = api.data("import_data", body={"filename": "other.json"})
        self.assertEqual((report["imported"], len(report["notes"])), ({"auth_mnesia": 1}, 2))
        eventually_equal(lambda: self.node2.ctl("user", "list").out, "taken\n", "what one node imports, all have")
        self.assertEqual(api.call("import_data", body={"filename": "../other.json"})["code"], 0)
        self.assertNotEqual(api.call("import_data", body={"filename": "none.json"})["code"], 0)
        api.data("delete_data", filename="other.json")
        self.assertEqual(len(api.data("list_exported_data")), 1)

    def configuration(self, api, here, there):
        entries = {entry["key"]: entry for entry in api.data("list_configs")}
        self.assertEqual(entries["node.cookie"]["value"], "******")
        self.assertEqual(entries["zone.external.max_inflight"]["source"], "default")
        self.assertEqual({row["group"] for row in api.data("list_configs", query={"_prefix": "os_mon."})}, {"os_mon"})
        self.assertEqual(api.data("get_config", key="log.level"), entries["log.level"])
        self.assertIn("did you mean", api.call("get_config", key="log.levl", status=404)["message"])
        done = api.data("set_configs", body={"changes": {"alarm.size_limit": 7, "module.presence": "off"}})
        self.assertEqual([(row["key"], row["result"]) for row in done],
                         [("alarm.size_limit", "changed"), ("module.presence", "changed")])
        self.assertEqual(api.data("get_config", key="alarm.size_limit")["value"], "7")
        done = api.data("set_configs", body={"changes": {"os_mon.cpu_low_watermark": "50%"}, "cluster": True})
        self.assertEqual([(row["node"], row["result"]) for row in done], [(here, "changed"), (there, "changed")])
        other = self.api2
        eventually_equal(lambda: other.data("get_config", key="os_mon.cpu_low_watermark")["value"], "50%", "the other")
        wrong = api.data("set_configs", body={"changes": {"os_mon.cpu_low_watermark": "0%"}, "cluster": True})
        self.assertEqual({row["result"] for row in wrong}, {"refused"})
        self.assertEqual(api.call("set_configs", body={"changes": {}})["code"], 108)
        self.assertEqual(api.data("reload_configs"), [])
        self.modules(api, here, there)

    def modules(self, api, here, there):
        def active():
            rows = api.data("list_all_modules")
            return {row["node"]: {m["name"]: m["active"] for m in row["modules"]}["emqx_mod_presence"] for row in rows}

        self.assertEqual(active(), {here: False, there: True})
        api.call("load_node_module", node=here, module="emqx_mod_presence")
        self.assertEqual(active(), {here: True, there: True})
        api.call("unload_module", module="emqx_mod_presence")
        eventually_equal(active, {here: False, there: False}, "unloaded everywhere")
        api.call("load_module", module="emqx_mod_presence")
        eventually_equal(active, {here: True, there: True}, "loaded everywhere")
        api.call("unload_node_module", node=there, module="emqx_mod_presence")
        eventually_equal(active, {here: True, there: False}, "unloaded there")
        self.assertNotEqual(api.call("load_module", module="emqx_mod_rewrite")["code"], 0)
        api.call("reload_node_module", node=there, module="emqx_mod_acl_internal")
        names = {module["name"] for module in api.data("list_node_modules", node=there)}
        self.assertIn("emqx_mod_delayed", names)
        plugins = {plugin["name"]: plugin["active"] for plugin in api.data("list_node_plugins", node=there)}
        self.assertTrue(plugins["emqx_retainer"])
        self.assertEqual({row["node"] for row in api.data("list_all_plugins")}, {here, there})
        for operation in ("load_node_plugin", "unload_node_plugin", "reload_node_plugin"):
            self.assertIn("it is built in", api.call(operation, node=there, plugin="emqx_retainer")["message"])
        self.assertIn("doesn't exist", api.call("load_node_plugin", node=here, plugin="emqx_recon")["message"])

    def nodes_and_clients(self, api, here, there):
        for operation in ("list_endpoints", "openapi", "healthz", "readyz"):
            api.call(operation)
        self.assertEqual(api.call("status"), f"Node {here} is started\nmeshmq is running")
        nodes = {row["node"]: row for row in api.data("list_nodes")}
        self.assertEqual(set(nodes), {here, there})
        self.assertEqual(set(nodes[here]), EMQX_NODE)
        self.assertRegex(nodes[there]["memory_used"], r"^\d+\.\d\dM$")
        self.assertGreater(api.data("get_node", node=there)["memory_used"], 1 << 20)
        self.assertEqual({row["node"] for row in api.data("list_brokers")}, {here, there})
        self.assertEqual(set(api.data("get_broker", node=there)), EMQX_BROKER)
        self.assertEqual(api.call("get_broker", node="x@1.2.3.4")["code"], 102)
        self.assertEqual(api.call("get_node", node="x@1.2.3.4")["code"], 101)

        everybody = api.call("list_clients")
        self.assertEqual([row["clientid"] for row in everybody["data"]], ["near", "far"])
        self.assertEqual(everybody["meta"], {"page": 1, "limit": 10000, "count": 2, "hasnext": False})
        self.assertEqual(set(everybody["data"][1]), EMQX_CLIENT)
        second = api.call("list_clients", query={"_page": 2, "_limit": 1})
        self.assertEqual([row["clientid"] for row in second["data"]], ["far"])
        liked = api.call("list_clients", query={"_like_clientid": "^f", "username": "joe"})
        self.assertEqual(([row["node"] for row in liked["data"]], liked["meta"]["count"]), ([there], -1))
        self.assertEqual([row["clientid"] for row in api.data("list_sessions")], ["far"])
        self.assertEqual([row["clientid"] for row in api.data("list_node_clients", node=there)], ["far"])
        self.assertEqual(api.data("lookup_client", clientid="far")[0]["subscriptions_cnt"], 1)
        self.assertEqual(api.data("lookup_node_client", node=here, clientid="far"), [])
        self.assertEqual(len(api.data("lookup_client_via_username", username="joe")), 1)
        self.assertEqual(len(api.data("lookup_node_client_via_username", node=there, username="joe")), 1)
        self.assertEqual(api.data("list_client_acl_cache", clientid="far"), [])
        self.assertEqual(api.call("list_client_acl_cache", clientid="nobody")["code"], 112)
        api.data("clean_client_acl_cache", clientid="far")
        api.data("clean_acl_cache_all")
        api.data("clean_acl_cache_node", node=there)

    def traffic(self):
        def counters():
            return {name: value for name, value in row().items() if name.startswith(("recv_", "send_"))}

        def row():
            return self.api2.data("lookup_client", clientid="counted")[0]

        client = self.node1.client("counted", clean=False)
        client.subscribe("c/#", qos=2)
        for qos, payload in enumerate((b"zero", b"one", b"two")):
            client.publish("c/1", payload, qos=qos)
        self.assertEqual([client.receive().qos for _ in range(3)], [0, 1, 2])
        # CONNECT, SUBSCRIBE, three PUBLISH, PUBREL, PUBACK, PUBREC, PUBCOMP; what answers them is as many packets.
        packets = {"recv_pkt": 9, "recv_msg": 3, "send_pkt": 9, "send_msg": 3}
        octets = {"recv_oct": 21 + 10 + 11 + 12 + 12 + 4 * 4, "send_oct": 4 + 5 + 11 + 12 + 12 + 4 * 4}
        eventually_equal(lambda: {k: v for k, v in counters().items() if "_cnt" not in k}, packets | octets, "counters")
        for calls in ("recv_cnt", "send_cnt"):
            self.assertIn(counters()[calls], range(3, 10))
        self.assertIn("delivered_msgs=3,", self.node1.ctl("clients", "show", "counted").out)
        client.drop()
        eventually(lambda: not row()["connected"], "it is away")
        self.assertEqual(counters(), packets)
        self.node1.client("counted", clean=False)
        one = {"recv_pkt": 1, "recv_msg": 0, "send_pkt": 1, "send_msg": 0}
        self.assertEqual(counters(), one | {"recv_oct": 21, "recv_cnt": 1, "send_oct": 4, "send_cnt": 1})
        self.api2.data("kickout_client", clientid="counted")

    def subscribing(self, api, near, far, there):
        rows = api.data("list_subscriptions")
        seen = {(row["clientid"], row["topic"], row["qos"]) for row in rows}
        self.assertEqual(seen, {("near", "$share/g/s", 1), ("far", "t/#", 1)})
        self.assertEqual(len(api.data("list_subscriptions", query={"_match_topic": "t/1"})), 1)
        self.assertEqual(len(api.data("list_node_subscriptions", node=there)), 1)
        self.assertEqual(api.data("lookup_client_subscriptions", clientid="far")[0]["topic"], "t/#")
        self.assertEqual(
            api.data("lookup_client_subscriptions_with_node", node=there, clientid="far")[0]["node"], there
        )
        # From here for a client that is there.
        api.data("mqtt_subscribe", body={"clientid": "far", "topics": "u,v/+", "qos": 1})
        self.assertEqual(len(api.data("lookup_client_subscriptions", clientid="far")), 3)
        self.assertEqual(api.call("mqtt_subscribe", body={"clientid": "nobody", "topic": "u"})["code"], 112)
        self.assertEqual(api.call("mqtt_subscribe", body={"clientid": "far", "topic": "u/#/x"})["code"], 115)
        outcomes = api.data("mqtt_subscribe_batch", body=[{"clientid": c, "topic": "w"} for c in ("near", "nobody")])
        self.assertEqual([row["code"] for row in outcomes], [0, 112])

        self.assertIn({"topic": "v/+", "node": there}, api.data("list_routes"))
        self.assertEqual(api.data("lookup_routes", topic="v/+"), [{"topic": "v/+", "node": there}])
        explained = api.data("explain_topic", query={"topic": "v/1"})
        self.assertEqual([row["clientid"] for row in explained["subscribers"][there]], ["far"])
        elsewhere = api.data("explain_topic", query={"topic": "v/1", "node": there})
        self.assertEqual(elsewhere["routes"], explained["routes"])
        self.assertEqual([row["topic"] for row in api.data("list_routes", query={"_like_topic": "v/"})], ["v/+"])

    def publishing(self, api, far):
        api.data("mqtt_publish", body={"topic": "u", "payload": "one", "qos": 1})
        message = far.receive()
        self.assertEqual((message.topic, message.payload, message.qos), ("u", b"one", 1))
        outcomes = api.data(
            "mqtt_publish_batch",
            body=[{"topics": "v/1,v/2", "payload": "AP8=", "encoding": "base64"}, {"topic": "v/#", "payload": "x"}],
        )
        self.assertEqual([row["code"] for row in outcomes], [0, 115])
        self.assertEqual([far.receive().payload for _ in range(2)], [b"\x00\xff"] * 2)
        self.assertEqual(api.call("mqtt_publish", body={"topic": "+", "payload": ""})["code"], 115)

        api.data("mqtt_unsubscribe", body={"clientid": "far", "topic": "u"})
        api.data("mqtt_unsubscribe_batch", body=[{"clientid": "far", "topics": "v/+,none"}])
        self.assertEqual([r["topic"] for r in api.data("lookup_client_subscriptions", clientid="far")], ["t/#"])

    def waiting_messages(self, api, near):
        api.data("mqtt_publish", body={"topic": "r/1", "payload": {"t": 1}, "retain": True})
        eventually(lambda: api.data("list_retained"), "the message is retained")
        self.assertEqual(api.data("list_retained", query={"topic": "x/#"}), [])
        self.assertEqual(api.data("lookup_retained", topic="r/1")["payload_size"], 7)
        api.data("delete_retained", topic="r/1")
        self.assertEqual(api.data("list_retained"), [])
        near.publish("$delayed/1000/t/late", b"x", qos=1)
        waiting = eventually(lambda: api.data("list_delayed"), "a message waits")
        self.assertEqual(waiting[0]["topic"], "t/late")
        api.data("delete_delayed", id=waiting[0]["id"])
        self.assertEqual(api.call("delete_delayed", id="0")["code"], 102)

    def listeners_and_alarms(self, api, here, there):
        for row in api.data("list_listeners"):
            self.assertEqual({item["protocol"] for item in row["listeners"]}, {"mqtt:tcp", "http:dashboard"})
        self.assertEqual(len(api.data("list_node_listeners", node=there)), 2)
        self.assertEqual(api.call("restart_listener", identifier="http:dashboard", status=403)["code"], 102)
        self.assertEqual(api.call("restart_listener", identifier="mqtt:tcp:none")["code"], 102)
        api.data("restart_node_listener", node=here, identifier="mqtt:tcp:external")
        api.data("stop_node_listener", node=here, identifier="mqtt:tcp:external")
        rows = {row["protocol"]: row for row in api.data("list_node_listeners", node=here)}
        self.assertEqual(rows["mqtt:tcp"]["running"], False)
        api.data("start_node_listener", node=here, identifier="mqtt:tcp:external")
        refused = api.call("stop_node_listener", node=here, identifier="http:dashboard", status=403)
        self.assertEqual(refused["code"], 102)
        self.assertEqual(api.call("start_node_listener", node=here, identifier="mqtt:tcp:none")["code"], 102)

        for operation in ("list_all_alarms", "list_all_activated_alarms", "list_all_deactivated_alarms"):
            self.assertEqual({row["node"] for row in api.data(operation)}, {here, there})
        for operation in ("list_node_alarms", "list_node_activated_alarms", "list_node_deactivated_alarms"):
            api.data(operation, node=there)
        answer = api.call("deactivate_alarm", body={"node": there, "name": "none"})
        self.assertEqual(answer, {"code": 102, "message": "There is no alarm none that lasts."})
        api.data("delete_all_deactivated_alarms")
        api.data("delete_node_deactivated_alarms", node=there)

    def counters(self, api, there):
        stats = {row["node"]: row["stats"] for row in api.data("list_stats")}
        self.assertEqual(stats[there]["connections.count"], 1)
        self.assertEqual(api.data("lookup_node_stats", node=there), stats[there])
        metrics = {row["node"]: row["metrics"] for row in api.data("list_all_metrics")}
        self.assertEqual(metrics[there]["client.connected"], 1)
        self.assertGreaterEqual(api.data("list_node_metrics", node=there)["packets.received"], 2)

        text = self.api2.call("prometheus_metrics")
        self.assertIn(f'meshmq_client_connected_total{{node="{there}"}} 1\n', text)
        self.assertIn(f'meshmq_listener_connections{{node="{there}",listener="mqtt:tcp:external"}} 1\n', text)
        self.promtool(["check", "metrics"], text)
        api.call("prometheus_metrics")
        emqx = api.call("emqx_prometheus", query={"type": "prometheus"})
        self.assertRegex(emqx, r'(?m)^emqx_connections_count\{node="\S+"\} \d+$')
        self.assertRegex(emqx, r'(?m)^emqx_packets_publish_sent\{node="\S+"\} \d+$')

    def bans_and_users(self, api):
        api.data("add_banned", body={"who": "bad", "as": "clientid", "reason": "noise"})
        self.assertEqual([row["who"] for row in api.data("list_banned")], ["bad"])
        # Known to the other node as well.
        eventually(lambda: self.api2.data("list_banned"), "the ban is everywhere")
        api.data("delete_banned", **{"as": "clientid", "who": "bad"})
        for kind in ("username", "clientid"):
            api.data(f"add_{kind}", body={kind: "ann", "password": "p"})
            self.assertEqual(api.data(f"lookup_{kind}", **{kind: "ann"}), {kind: "ann"})
            api.data(f"update_{kind}", body={"password": "q"}, **{kind: "ann"})
            self.assertEqual(api.data(f"list_{kind}"), [{kind: "ann"}])
            api.data(f"delete_{kind}", **{kind: "ann"})

    def accounts(self, api):
        secret = api.data("add_app", body={"app_id": "ops", "name": "Operators"})["secret"]
        eventually(lambda: self.node2.ctl("mgmt", "lookup", "ops", code=None).code == 0, "both nodes know it")
        ops = Api(self.node2, "ops", secret)
        self.assertEqual(ops.data("list_apps"), api.data("list_apps"))
        api.data("update_app", appid="ops", body={"status": False})
        self.assertEqual(api.data("lookup_app", appid="ops")["status"], False)
        eventually(lambda: ops.raw("GET", "/api/v4/nodes").status == 401, "it may not ask any more")
        api.data("del_app", appid="ops")

        api.data("create_user", body={"username": "eve", "password": "secret"})
        api.data("update_user", username="eve", body={"tags": "night"})
        self.assertIn({"username": "eve", "tags": "night"}, api.data("list_users"))
        self.assertEqual(api.call("auth_user", body={"username": "eve", "password": "guess"})["code"], 103)
        token = api.data("auth_user", body={"username": "eve", "password": "secret"})["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        self.assertEqual(api.raw("GET", "/api/v4/nodes", headers=bearer).status, 200)
        api.data("change_pwd", username="eve", body={"old_pwd": "secret", "new_pwd": "other"})
        self.assertEqual(api.raw("GET", "/api/v4/nodes", headers=bearer).status, 401)
        api.data("update_user", username="eve", body={"password": "third"})
        token = api.data("auth_user", body={"username": "eve", "password": "third"})["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        self.assertEqual(api.raw("DELETE", "/api/v4/auth", headers=bearer).status, 200)
        self.assertEqual(api.raw("GET", "/api/v4/nodes", headers=bearer).status, 401)
        api.data("logout_user")
        api.data("delete_user", username="eve")
        self.assertEqual(self.node1.ctl("admins", "add", "bob", "secret", "ops").out, "ok\n")
        self.assertEqual(self.node1.ctl("admins", "del", "bob").out, "ok\n")

    def watching(self, api, there):
        explained = api.data("explain_delivery", body={"clientid": "far", "topic": "t/1", "qos": 1})
        self.assertEqual(explained["verdict"], f"delivered: 'far' gets it on {there}")
        name = api.data("create_trace", body={"type": "clientid", "clientid": "far"})["name"]
        self.assertEqual([row["name"] for row in api.data("list_traces")], [name])
        self.assertEqual(api.call("create_trace", body={"type": "user", "value": "x"})["code"], 108)
        self.assertEqual(api.data("read_trace", name=name)["items"], "")
        self.assertEqual(api.call("download_trace", name=name), "")
        api.data("stop_trace", name=name)
        api.data("delete_trace", name=name)
        self.assertEqual(api.call("delete_trace", name=name)["code"], 108)
        api.data("register_topic_metrics", body={"topic": "t/1"})
        self.assertEqual(api.call("register_topic_metrics", body={"topic": "t/+"})["code"], 115)
        self.assertEqual(api.data("list_all_topic_metrics")[0]["topic"], "t/1")
        self.assertEqual(api.data("list_topic_metrics", topic="t/1")["messages.in.count"], 0)
        api.data("unregister_topic_metrics", topic="t/1")
        api.data("unregister_all_topic_metrics")
        self.assertEqual(api.data("list_slow_subscriptions"), [])
        api.data("clear_slow_subscriptions")
        self.assertIn("POST /api/v4/trace", [row["action"] for row in api.data("list_audit")])

    def kicking(self, api, far):
        api.data("kickout_client", clientid="far")
        far.wait_closed()
        self.assertEqual(api.data("lookup_client", clientid="far"), [])
        self.assertEqual(api.call("kickout_client", clientid="far")["code"], 112)
        api.data("restart_listener", identifier="mqtt:tcp:external")

    def shedding(self, api, there):
        for status, start, stop in (
            ("evacuation_status", "evacuate_node", "stop_evacuation"),
            ("rebalancing_status", "rebalance_cluster", "stop_rebalancing"),
        ):
            self.assertEqual(api.data(status, node=there)["state"], "off")
            self.assertIn(api.data(start, node=there, body={"rate": 5})["state"], ("running", "done"))
            self.assertEqual(api.data(stop, node=there)["state"], "off")
        self.assertEqual(api.call("evacuate_node", node=there, body={"rate": -1})["code"], 108)

    def membership(self, api, there):
        both = sorted((self.node1.name, self.node2.name))
        self.assertEqual(api.data("cluster_status")["running_nodes"], both)
        self.assertEqual(api.data("cluster_verify")["differences"], [])
        self.assertEqual(api.data("cluster_heal_log"), [])
        self.assertEqual(api.data("cluster_discovery")["provider"], "manual")
        self.assertEqual(api.call("cluster_heal")["message"], "No nodes are kept apart.")
        self.assertEqual(self.api2.data("cluster_leave")["running_nodes"], [there])
        self.assertEqual(self.api2.data("cluster_join", body={"node": self.node1.name})["running_nodes"], both)
        alone = [self.node1.name]
        self.assertEqual(api.data("cluster_force_leave", body={"node": there})["running_nodes"], alone)
        self.assertEqual(self.api2.data("cluster_join", body={"node": self.node1.name})["running_nodes"], both)
        self.assertEqual(api.data("cluster_remove_node", node=there)["running_nodes"], alone)
        api.called |= self.api2.called

    def test_a_node_that_does_not_answer_is_named(self):
        self.node1.client("near")
        self.node2.client("far")
        os.kill(self.node2.process.pid, signal.SIGSTOP)
        try:
            answer = self.api1.call("list_clients")
        finally:
            os.kill(self.node2.process.pid, signal.SIGCONT)
        self.assertEqual([row["clientid"] for row in answer["data"]], ["near"])
        self.assertEqual(answer["meta"]["unanswered"], [self.node2.name])
        eventually_equal(lambda: len(self.api1.data("list_clients")), 2, "clients")
        self.node2.stop()
        stopped = [row for row in self.api1.data("list_nodes") if row["node_status"] == "Stopped"]
        self.assertEqual([row["name"] for row in stopped], [self.node2.name])


class Doors(SceneTest):
    """Who may ask, and where."""

    def test_listeners_and_credentials(self):
        settings = {
            "dashboard.listener.http": "127.0.0.1:0",
            "management.listener.http": "0",
            "management.default_application.id": "ops",
            "management.default_application.secret": "a:secret",
            "management.max_body_size": "2KB",
            "prometheus.auth": "on",
            "prometheus.emqx_names": "on",
        }
        node = self.scene.node(settings=settings).start()
        self.assertNotIn("!!!! management", node.log())
        api = Api(node, "ops", "a:secret", "management.listener.http")
        self.assertEqual(api.raw("GET", "/metrics", credentials=False).status, 401)
        self.assertIn("emqx_connections_count", api.raw("GET", "/metrics").body)
        refused = api.raw("GET", "/api/v4/nodes", credentials=False)
        self.assertEqual((refused.status, refused.body), (401, "UNAUTHORIZED"))
        self.assertEqual(refused.headers["WWW-Authenticate"], 'Basic Realm="minirest-server"')
        self.assertEqual(refused.headers["X-Content-Type-Options"], "nosniff")
        large = json.dumps({"topic": "t", "payload": "x" * 4000})
        self.assertEqual(api.raw("POST", "/api/v4/mqtt/publish", large).status, 413)
        self.assertEqual(api.raw("POST", "/api/v4/mqtt/publish", "{").status, 400)
        self.assertEqual(api.raw("GET", "/api/v4/nowhere").status, 404)
        elsewhere = {"Origin": "http://elsewhere.example"}
        self.assertEqual(api.raw("POST", "/api/v4/mqtt/publish", {"topic": "t"}, elsewhere).status, 403)

        shown = node.ctl("listeners").out
        self.assertIn("http:management\n", shown)
        self.assertEqual(
            node.ctl("listeners", "stop", "http:management").lines[0].split(" on ")[0], "Stop http:management listener"
        )
        with self.assertRaises(OSError):
            api.raw("GET", "/status")
        node.ctl("listeners", "start", "http:management")
        self.assertEqual(api.raw("GET", "/status").status, 200)

        api.secret = "guess"
        statuses = [api.raw("GET", "/api/v4/nodes").status for _ in range(7)]
        self.assertEqual(statuses[:5], [401] * 5)
        self.assertEqual(statuses[6], 429)

    def test_accounts_are_warned_about_and_kept(self):
        node = self.scene.node(settings={"dashboard.listener.http": "0"}).start()
        self.assertIn("!!!! management.default_application.secret", node.log())
        secret = node.ctl("mgmt", "insert", "ops", "Operators").out.removeprefix("AppSecret: ").strip()
        node.ctl("mgmt", "update", "admin", "false")
        node.ctl("admins", "add", "eve", "secret")
        node.stop()
        node.start()
        api = Api(node, "ops", secret)
        self.assertEqual([row["username"] for row in api.data("list_users")], ["admin", "eve"])
        self.assertEqual(Api(node).raw("GET", "/api/v4/nodes").status, 401)
        first = api.data("auth_user", body={"username": "admin", "password": "public"})
        self.assertTrue(first["change_password"])
        bearer = {"Authorization": f"Bearer {first['token']}"}
        self.assertEqual(api.raw("GET", "/api/v4/nodes", headers=bearer).status, 403)
        change = {"old_pwd": "public", "new_pwd": "better"}
        self.assertEqual(api.raw("PUT", "/api/v4/change_pwd/admin", change, bearer).status, 200)
        self.assertFalse(api.data("auth_user", body={"username": "admin", "password": "better"})["change_password"])


class Rules(unittest.TestCase):
    def test_alert_rules(self):
        rules = os.path.join(os.path.dirname(__file__), "../../packaging/monitoring/alerts.yml")
        done = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
