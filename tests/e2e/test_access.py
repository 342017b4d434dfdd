"""Who may come in and do what: users, bans and rules, as clients and operators see them."""

import pathlib
import signal

from harness import SceneTest, eventually, eventually_equal, main
from scram import Scram

BAD_PASSWORD = 0x86
NOT_AUTHORIZED = 0x87
BANNED = 0x8A
BAD_METHOD = 0x8C
CONTINUE, AGAIN = 0x18, 0x19
JS = pathlib.Path(__file__).parent / "js"

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


class Cluster(SceneTest):
    """Two nodes: what an operator says on one holds on the other."""

    SETTINGS = {
        "allow_anonymous": "false",
        "auth.user.1.username": "fixed",
        "auth.user.1.password": "word",
        "flapping_detect_policy": "40, 10m, 1h",
        "zone.external.enable_flapping_detect": "on",
    }

    def setUp(self):
        super().setUp()
        self.one, self.two = self.scene.cluster(2, settings=self.SETTINGS)

    def try_connect(self, node, client_id, username=None, password=None, version=5):
        client = node.open(client_id, version=version)
        client.start_connect(username=username, password=password)
        code = client.wait_connack()
        client.socket.close()
        return code

    def eventually_code(self, expected, *who):
        eventually_equal(lambda: self.try_connect(self.two, *who), expected, f"CONNACK code for {who}")

    def mosquitto_pub(self, node, *words):
        command = ["mosquitto_pub", "-h", node.address, "-p", node.mqtt_port, "-t", "t", "-m", "x", "-q", "1", *words]
        return node.host.run(command, timeout=20, check=False)

    def test_users_come_in_with_their_password(self):
        self.assertEqual(self.try_connect(self.two, "c", "ann", "one"), NOT_AUTHORIZED)
        self.assertEqual(self.try_connect(self.two, "c", "fixed", "word"), 0)
        self.assertEqual(self.try_connect(self.two, "c", "fixed", "wrong"), BAD_PASSWORD)
        self.assertEqual(self.one.ctl("user", "add", "ann", "one").out, "ok\n")
        self.assertEqual(self.one.ctl("user", "add", "ann", "two", code=1).out, "Error: existed\n")
        self.assertEqual(self.one.ctl("clientid", "add", "dev:1", "key").out, "ok\n")
        self.eventually_code(0, "c", "ann", "one")
        self.eventually_code(0, "dev:1", None, "key")
        self.assertEqual(self.try_connect(self.two, "c", "ann", "wrong"), BAD_PASSWORD)
        self.assertEqual(self.try_connect(self.two, "c", "ann", "wrong", version=4), 4)
        self.assertEqual(self.try_connect(self.two, "c", version=4), 5)
        for version in ("311", "5"):
            for node in (self.one, self.two):
                self.assertEqual(self.mosquitto_pub(node, "-V", version, "-u", "ann", "-P", "one").returncode, 0)
            refused = self.mosquitto_pub(self.two, "-V", version, "-u", "ann", "-P", "x")
            self.assertRegex(refused.stdout + refused.stderr, "(?i)bad user ?name or password")
        self.assertEqual(self.two.ctl("user", "list").out, "ann\n")
        self.assertEqual(self.two.ctl("user", "update", "ann", "new").out, "ok\n")
        eventually_equal(lambda: self.try_connect(self.one, "c", "ann", "new"), 0, "the new password")
        self.assertEqual(self.try_connect(self.one, "c", "ann", "one"), BAD_PASSWORD)
        self.one.ctl("user", "del", "ann")
        self.eventually_code(NOT_AUTHORIZED, "c", "ann", "new")
        self.two.wait_log(r"client 'c' \(.*\) with user name 'ann' is refused: wrong password")
        self.assertGreaterEqual(self.two.metric("client.auth.failure"), 4)
        self.assertGreaterEqual(self.two.metric("client.auth.success"), 4)
        self.assertGreaterEqual(self.two.metric("packets.connack.auth_error"), 4)

    def test_rules_of_users_hold_for_those_who_are_connected(self):
        client = self.two.client("c", version=5, username="fixed", password="word")
        self.assertLess(client.puback_code("t", "x"), 0x80)
        self.assertEqual(self.one.ctl("acl", "add", "_all", "t", "pub", "deny").out, "ok\n")
        eventually(lambda: client.puback_code("t", "x") == NOT_AUTHORIZED, "the rule holds")
        self.one.ctl("acl", "add", "username", "fixed", "t", "pubsub", "allow")
        eventually(lambda: client.puback_code("t", "x") < 0x80, "the user's own rule comes first")
        eventually(lambda: len(self.two.ctl("acl", "list").lines) == 2, "both nodes list the rules")
        shown = self.two.ctl("acl", "show", "username", "fixed").out
        self.assertEqual(shown, 'Acl(username = <<"fixed">> topic = <<"t">> action = pubsub access = allow)\n')
        self.two.ctl("acl", "del", "username", "fixed", "t")
        eventually(lambda: client.puback_code("t", "x") == NOT_AUTHORIZED, "it is gone")

    def test_bans_hold_on_every_node_until_they_are_over(self):
        who = ("c", "fixed", "word")
        for kind, name in (("clientid", "c"), ("username", "fixed"), ("peerhost", self.two.host.address)):
            self.assertEqual(self.one.ctl("banned", "add", kind, name, "600", "a test").out, "ok\n")
            self.eventually_code(BANNED, *who)
            self.assertEqual(self.two.ctl("banned", "list").out.count("Banned("), 1)
            self.assertEqual(self.two.ctl("banned", "del", kind, name).out, "ok\n")
            self.eventually_code(0, *who)
        self.one.ctl("banned", "add", "clientid", "c", "2")
        self.eventually_code(BANNED, *who)
        self.eventually_code(0, *who)
        self.assertGreaterEqual(self.two.metric("client.auth.banned"), 4)
        self.two.wait_log(r"is refused: clientid 'c' is banned by user: a test")

    def test_flapping_clients_are_banned_on_every_node(self):
        for _ in range(40):
            self.assertEqual(self.try_connect(self.one, "restless", "fixed", "word"), 0)
        eventually(lambda: "flapping detector" in self.two.ctl("banned", "list").out, "the ban is known there")
        self.eventually_code(BANNED, "restless", "fixed", "word")

    def scram(self, node, client_id, scram, method="SCRAM-SHA-256", username=None):
        client = node.open(client_id, version=5)
        client.start_connect(username=username, properties={"auth_method": method, "auth_data": scram.first()})
        code, challenge = client.receive_auth()
        self.assertEqual(code, CONTINUE)
        client.send_auth(CONTINUE, method, scram.final(challenge))
        return client

    def test_scram_lets_in_and_again(self):
        self.one.ctl("sasl", "scram", "add", "ann", "pencil")
        eventually(lambda: self.two.ctl("sasl", "scram", "list").out == "ann\n", "the other node knows her")
        for method in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
            scram = Scram("ann", "pencil", method)
            client = self.scram(self.two, "c", scram, method).connected()
            self.assertEqual(client.connack_properties["auth_method"], method)
            self.assertTrue(scram.check(client.connack_properties["auth_data"]))
            again = Scram("ann", "pencil", method)
            client.send_auth(AGAIN, method, again.first())
            client.send_auth(CONTINUE, method, again.final(client.receive_auth()[1]))
            code, proof = client.receive_auth()
            self.assertEqual((code, again.check(proof)), (0, True))
            client.publish("t", "x", qos=1)
            self.assertIn("username=ann", self.two.ctl("clients", "show", "c").out)
            client.send_auth(AGAIN, method, Scram("ann", "pen", method).first())
            client.send_auth(CONTINUE, method, Scram("ann", "pen", method).final(client.receive_auth()[1]))
            self.assertEqual(client.wait_closed(), NOT_AUTHORIZED)
        self.scram(self.two, "c", Scram("ann", "pen")).connected(expect=NOT_AUTHORIZED)
        self.scram(self.two, "c", Scram("nobody", "pencil")).connected(expect=NOT_AUTHORIZED)
        self.scram(self.two, "c", Scram("ann", "pencil"), username="bob").connected(expect=NOT_AUTHORIZED)
        stranger = self.two.open("c", version=5)
        stranger.connect(properties={"auth_method": "GS2-KRB5"}, expect=BAD_METHOD)

    def test_scram_of_mqtt_js(self):
        self.one.ctl("sasl", "scram", "add", "ann", "pencil")
        url = f"mqtt://{self.one.address}:{self.one.mqtt_port}"
        for method in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
            for password, expected in (("pencil", "connected\n"), ("pen", "refused: 135\n")):
                command = ["node", JS / "scram.mjs", url, method, "ann", password]
                done = self.one.host.run(command, timeout=30, env=self.scene.environment, check=False)
                self.assertEqual(done.stdout, expected, done.stderr)


if __name__ == "__main__":
    main()
