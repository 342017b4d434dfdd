"""Who may come in and do what: rules, as clients and operators see them."""

import signal

from harness import SceneTest, eventually, eventually_equal, main

NOT_AUTHORIZED = 0x87

RULES = """
%% A comment.
{allow, {user, "chief"}, pubsub, ["#"]}.
{allow, {'and', [{client, {re, "^meter-"}}, {ipaddr, "10.0.0.0/8"}]}, publish, ["meters/%c/#"]}.
{allow, {user, {re, "^u"}}, subscribe, ["users/%u", {eq, "all/#"}]}.
{allow, all, pubsub, ["open/#"]}.
{deny, all}.
"""


class Rules(SceneTest):
    def setUp(self):
        super().setUp()
        self.rules = self.scene.directory / "acl.conf"
        self.rules.write_text(RULES)
        self.node = self.scene.node(settings={"acl_file": str(self.rules)}).start()

    def mosquitto(self, program, *words):
        command = [f"mosquitto_{program}", "-h", self.node.address, "-p", self.node.mqtt_port, "-V", "5", *words]
        return self.node.host.run(command, timeout=20, check=False)

    def test_of_all_forms_hold_for_clients(self):
        chief = self.node.client("chief", version=5, username="chief")
        chief.subscribe("#")
        meter = self.node.client("meter-7", version=5)
        self.assertEqual(meter.puback_code("meters/meter-7/power", "1"), 0)
        self.assertEqual(chief.receive().topic, "meters/meter-7/power")
        self.assertEqual(meter.puback_code("meters/meter-8/power", "1"), NOT_AUTHORIZED)
        user = self.node.client("u-client", version=5, username="ursula")
        self.assertEqual(
            user.try_subscribe("users/ursula", "users/bert", "all/#", "all/x", "open/#", "$share/g/users/bert"),
            [0, NOT_AUTHORIZED, 0, NOT_AUTHORIZED, 0, NOT_AUTHORIZED],
        )
        old = self.node.client("old", version=4)
        self.assertEqual(old.try_subscribe("secret"), [0x80])
        old.publish("secret", "x", qos=1)
        old.ping()
        self.assertEqual(chief.drain(), [])
        self.assertEqual(self.node.metric("packets.publish.auth_error"), 2)
        self.assertGreater(self.node.metric("client.check_acl"), 8)

    def test_mosquitto_is_refused_and_says_so(self):
        denied = self.mosquitto("sub", "-t", "secret", "-W", "5")
        self.assertIn("denied", denied.stdout + denied.stderr)
        denied = self.mosquitto("pub", "-t", "secret", "-m", "x", "-q", "1")
        self.assertIn("Not authorized", denied.stdout + denied.stderr)
        self.assertEqual(self.mosquitto("pub", "-t", "open/1", "-m", "x", "-q", "1").returncode, 0)

    def test_are_read_again_without_disturbing_anybody(self):
        client = self.node.client("there", version=5)
        self.assertEqual(client.puback_code("later", "x"), NOT_AUTHORIZED)
        self.rules.write_text(RULES.replace("open/#", "later"))
        self.assertEqual(self.node.ctl("acl", "reload").out, "5 rules hold now\n")
        eventually(lambda: client.puback_code("later", "x") < 0x80, "the new rule holds")
        self.rules.write_text("{allow, al}.\n{deny, all, publish, [\"a#\"]}.\n")
        refused = self.node.ctl("acl", "reload", code=1)
        self.assertIn("acl.conf:1: expected all, not al", refused.out + refused.err)
        self.assertIn("acl.conf:2: expected a topic filter", refused.out + refused.err)
        self.assertLess(client.puback_code("later", "x"), 0x80)
        self.rules.write_text("{allow, all}.")
        self.node.process.send_signal(signal.SIGHUP)
        eventually(lambda: client.puback_code("anything", "x") < 0x80, "SIGHUP reads the file")
        self.assertEqual(self.node.metric("client.disconnected"), 0)


class Defaults(SceneTest):
    def test_keep_strangers_from_listening_to_everything(self):
        node = self.scene.node(settings={"listener.tcp.local": "127.0.0.1:0"}).start()
        client = node.client("stranger", version=5)
        self.assertEqual(client.try_subscribe("#", "$SYS/#", "a/#"), [NOT_AUTHORIZED, NOT_AUTHORIZED, 0])
        words = ["-h", "127.0.0.1", "-p", node.ports["listener.tcp.local"], "-t", "#", "-W", "1"]
        done = node.host.run(["mosquitto_sub", *words], check=False)
        self.assertNotIn("denied", done.stdout + done.stderr)

    def test_of_a_zone_may_differ(self):
        settings = {
            "allow_anonymous": "false",
            "acl_nomatch": "deny",
            "acl_deny_action": "disconnect",
            "acl_file": "/dev/null",
            "listener.tcp.lab": "0.0.0.0:0",
            "listener.tcp.lab.zone": "lab",
            "zone.lab.allow_anonymous": "true",
        }
        node = self.scene.node(settings=settings).start()
        node.open("stranger", version=5).connect(expect=NOT_AUTHORIZED)
        node.ports["listener.tcp.external"] = node.ports["listener.tcp.lab"]
        client = node.client("guest", version=5)
        client.start_publish("a", "x", 1)
        self.assertEqual(client.wait_closed(), NOT_AUTHORIZED)
        eventually_equal(lambda: node.metric("client.disconnected"), 1, "client.disconnected")


if __name__ == "__main__":
    main()
