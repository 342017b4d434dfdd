"""TLS and IPv6 between nodes: cluster.proto_dist with node.ssl_dist_optfile, beside a real Erlang node."""

import subprocess

import pki
from dist_peer import Peer
from harness import BIN, COOKIE, PATIENCE, Failed, SceneTest, eventually, main, wait_running


def optfile(path, cert, key, ca=None, client=""):
    """Writes an -ssl_dist_optfile whose both sides say the same, but for what `client` adds."""
    options = f'{{certfile,"{cert}"}},{{keyfile,"{key}"}}'
    if ca:
        options += f',{{cacertfile,"{ca}"}}'
    path.write_text(f"[{{server,[{options}]}},\n {{client,[{options}{client}]}}]. % both sides\n")
    return path


class TlsScene(SceneTest):
    def setUp(self):
        super().setUp()
        self.authority = pki.Authority(self.scene.directory / "pki")

    def certified(self, name, *issue, authority=None, client="", **options):
        """Options of a node whose certificate is for `issue`, signed by `authority`, that trusts `ca`."""
        signer = authority or self.authority
        cert, key = signer.issue(name, *issue, **options)
        return optfile(self.scene.directory / f"{name}.conf", cert, key, self.authority.cert, client)

    def tls_node(self, host=None, file=None, proto="inet_tls", name=None):
        host = host or self.scene.host()
        address = name.split("@")[1] if name else host.address or "127.0.0.1"
        kind = "IP" if ":" in address or address[0].isdigit() else "DNS"
        file = file or self.certified(f"node-{len(self.scene.nodes)}", f"{kind}:{address}")
        environment = {"MESHMQ_CLUSTER__PROTO_DIST": proto, "MESHMQ_NODE__SSL_DIST_OPTFILE": str(file)}
        node = self.scene.node(host, name=name, environment=environment)
        node.file = file
        return node


class BetweenNodes(TlsScene):
    def test_a_cluster_over_tls_carries_messages_and_renews_its_certificates(self):
        nodes = [self.tls_node().start() for _ in range(3)]
        for node in nodes[1:]:
            node.ctl("cluster", "join", nodes[0].name)
        wait_running(nodes)
        reader = nodes[2].client("reader")
        reader.subscribe("t/#", qos=2)
        writer = nodes[0].client("writer")
        large = b"x" * 300_000
        writer.publish("t/large", large, qos=1)
        self.assertEqual(reader.receive().payload, large)
        for number in range(50):
            writer.publish(f"t/{number}", b"%d" % number, qos=2)
        self.assertEqual([reader.receive().payload for _ in range(50)], [b"%d" % n for n in range(50)])
        # The command that runs where the node's environment is not known: its data directory says how.
        ctl = [BIN / "meshmq_ctl", "--data-dir", nodes[0].directory / "data", "cluster", "status"]
        self.assertIn("running_nodes", nodes[0].host.run(ctl, env=self.scene.environment).stdout)
        self.renew(nodes[1], nodes[0])
        # What came before and what comes after have a common authority: nobody is disconnected.
        wait_running(nodes)
        nodes[1].kill()
        nodes[1].start()
        wait_running(nodes)

    def renew(self, node, witness):
        before = self.serial(witness, node)
        cert, key = self.authority.issue("renewed", f"IP:{node.address}")
        optfile(node.file, cert, key, self.authority.cert)
        self.assertIn("node.ssl_dist_optfile", node.ctl("listeners", "reload").out)
        node.wait_log("node.ssl_dist_optfile: certificates were read again")
        self.assertNotEqual(self.serial(witness, node), before)

    def serial(self, host, node):
        """Of the certificate that a node shows."""
        script = f"openssl s_client -connect {node.address}:{node.dist_port} </dev/null | openssl x509 -noout -serial"
        return host.host.run(["sh", "-c", script], check=False).stdout

    def refusal(self, node, target):
        return node.ctl("cluster", "join", target.name, code=1).out

    def test_every_refusal_has_its_reason(self):
        good = self.tls_node().start()
        # For commands: the nodes with bad certificates shall be asked all the same.
        trusting = self.scene.directory / "trusting.conf"
        cert, key = self.authority.issue("operator")
        options = f'{{certfile,"{cert}"}},{{keyfile,"{key}"}}'
        trusting.write_text(f"[{{server,[{options}]}},{{client,[{options}]}}].")
        strangers = pki.Authority(self.scene.directory / "others", "Others")
        host = self.scene.host()
        cases = [
            ("stranger", {"authority": strangers}, "unknown CA", "its certificate is of an unknown CA"),
            ("expired", {"dates": pki.LONG_AGO}, "expired", "its certificate has expired"),
            ("old", {"client": ",{versions,['tlsv1.1']}"}, "no common version of TLS", "no common version of TLS"),
        ]
        for name, options, caller_says, callee_logs in cases:
            with self.subTest(name):
                file = self.certified(name, f"IP:{host.address}", **options)
                node = self.tls_node(host, file).start()
                node.environment = {**node.environment, "MESHMQ_NODE__SSL_DIST_OPTFILE": str(trusting)}
                self.assertIn("TLS failed", self.refusal(node, good))
                self.assertIn(caller_says, self.refusal(node, good))
                good.wait_log(f"Refused {host.address}:.*TLS: {callee_logs}")
                node.stop()
        with self.subTest("another host"):
            node = self.tls_node(host, self.certified("elsewhere", "DNS:elsewhere.example")).start()
            self.assertIn(f"its certificate is not for the host '{node.address}'", self.refusal(good, node))
            node.wait_log("TLS: it refuses this node's certificate")
            node.stop()
        with self.subTest("no TLS"):
            node = self.scene.node(host).start()
            self.assertIn("TLS failed (it speaks TLS, this node does not", self.refusal(node, good))
            good.wait_log("TLS: it speaks no TLS, this node does: is cluster.proto_dist the same")
            self.assertIn("TLS failed (it closed the connection in the TLS handshake", self.refusal(good, node))
            node.wait_log("it speaks TLS, this node does not: is cluster.proto_dist the same")
            out = node.ctl("cluster", "status", node=good.name, code=3)
            self.assertIn("TLS failed (it speaks TLS", out.err)
            node.stop()
        wait_running([good])

    def test_what_is_wrong_in_the_file_stops_the_start(self):
        host = self.scene.host(alone=True)
        file = self.scene.directory / "bad.conf"
        node = self.tls_node(host, file)
        for text, line in (
            ("[{server,[{certfile,}]}].", "bad.conf: line 1, column 21: expected a term but found }"),
            ('[{server,[{certfile,"no.pem"}]}].', "server.certfile: no.pem: No such file or directory"),
        ):
            file.write_text(text)
            check = [BIN / "meshmq", "check-config"]
            done = host.run(check, check=False, env={**self.scene.environment, **node.environment})
            self.assertEqual(done.returncode, 1)
            self.assertIn(line, done.stderr)
            with self.assertRaises(Failed) as caught:
                node.start()
            self.assertIn(line, str(caught.exception))

    def test_a_flood_of_garbage_disturbs_nobody(self):
        first, second = [self.tls_node().start() for _ in range(2)]
        record, alert = b"\x16\x03\x01\x40\x00" + b"z" * 20_000, b"\x15\x03\x03\x00\x02\x02\x28"
        for garbage in (record, alert, b"GET / HTTP/1.0\r\n\r\n", b"\x00" * 9):
            connection = second.host.connect(first.address, first.dist_port)
            connection.sendall(garbage)
            peer = Peer(connection, "x@y")
            self.assertTrue(peer.wait_closed(PATIENCE))
            connection.close()
        second.ctl("cluster", "join", first.name)
        wait_running([first, second])


class BesideErlang(TlsScene):
    def erl(self, host, expression, file, name):
        words = ["erl", "-noinput", "-proto_dist", "inet_tls", "-ssl_dist_optfile", file, "-start_epmd", "false"]
        words += ["-sname", name, "-setcookie", COOKIE, "-eval", f"{expression}, init:stop()."]
        return host.run(words, timeout=PATIENCE * 2, env=self.scene.environment).stdout

    def test_a_real_node_pings_calls_and_is_called(self):
        # Erlang takes what stands in a node's name for a DNS name, never for an address.
        host = self.scene.host(alone=True)
        node = self.tls_node(host, name="meshmq@localhost").start()
        verify = ",{verify,verify_peer},{fail_if_no_peer_cert,true}"
        # Its client side knows no fail_if_no_peer_cert.
        cert, key = self.authority.issue("erlang", "DNS:localhost")
        common = f'{{certfile,"{cert}"}},{{keyfile,"{key}"}},{{cacertfile,"{self.authority.cert}"}}'
        file = self.scene.directory / "erlang.conf"
        file.write_text(f"[{{server,[{common}{verify}]}},{{client,[{common},{{verify,verify_peer}}]}}].")
        ping = f"io:format(\"~p~n\", [net_adm:ping('{node.name}')])"
        self.assertIn("pong", self.erl(host, ping, file, "probe@localhost"))
        node.wait_log("Erlang node 'probe@localhost' connected")
        publish = f"Result = rpc:call('{node.name}', meshmq, publish, [<<\"t\">>, binary:copy(<<\"x\">>, 100000), 1])"
        reader = node.client("reader")
        reader.subscribe("t", qos=1)
        printed = self.erl(host, f'{publish}, io:format("~p~n", [Result])', file, "probe@localhost")
        self.assertIn("ok", printed)
        self.assertEqual(len(reader.receive().payload), 100_000)
        # Older protocol, no verification: as the file that 4.3 ships.
        bare = self.scene.directory / "bare.conf"
        bare.write_text(f"[{{server,[{common}]}},{{client,[{common},{{versions,['tlsv1.2']}}]}}].")
        self.assertIn("pong", self.erl(host, ping, bare, "probe@localhost"))
        # Without TLS, or without a certificate, nobody comes in.
        plain = ["erl", "-noinput", "-start_epmd", "false", "-sname", "plain@localhost", "-setcookie", COOKIE]
        done = host.run([*plain, "-eval", f"{ping}, init:stop()."], timeout=PATIENCE * 2, env=self.scene.environment)
        self.assertIn("pang", done.stdout)
        node.wait_log("TLS: it speaks no TLS")
        nobody = self.scene.directory / "nobody.conf"
        nobody.write_text(f"[{{server,[{common}]}},{{client,[]}}].")
        self.assertIn("pang", self.erl(host, ping, nobody, "probe@localhost"))
        node.wait_log("TLS: it has no certificate")

    def test_our_nodes_call_a_real_one(self):
        """It is no broker, but the handshake in that direction is seen to work."""
        node = self.tls_node().start()
        file = self.certified("erlang", f"IP:{node.address}")
        name = f"real@{node.address}"
        words = ["erl", "-noinput", "-proto_dist", "inet_tls", "-ssl_dist_optfile", file, "-start_epmd", "false"]
        self.scene.spawn(node.host, [*words, "-name", name, "-setcookie", COOKIE], stdout=subprocess.DEVNULL)
        answer = f"'{name}' is a node, but not a MeshMQ broker"
        eventually(lambda: answer in node.ctl("cluster", "join", name, code=None).out, "the Erlang node is called")


class OverIpv6(TlsScene):
    def addressed(self):
        host = self.scene.host()
        number = host.address.rsplit(".", 1)[1]
        host.run(["ip", "address", "add", f"fd77::{number}/64", "dev", "eth0", "nodad"])
        host.ula = f"fd77::{number}"
        return host

    def six(self, host, name=None, proto="inet6_tcp"):
        if proto == "inet6_tls":
            return self.tls_node(host, name=name or f"meshmq@{host.ula}", proto=proto)
        environment = {"MESHMQ_CLUSTER__PROTO_DIST": proto}
        return self.scene.node(host, name=name or f"meshmq@{host.ula}", environment=environment)

    def check(self, nodes):
        for node in nodes[1:]:
            node.ctl("cluster", "join", nodes[0].name)
        wait_running(nodes)
        reader = nodes[-1].client("reader")
        reader.subscribe("t", qos=1)
        nodes[0].client("writer").publish("t", "six", qos=1)
        self.assertEqual(reader.receive().payload, b"six")

    def test_addresses(self):
        hosts = [self.addressed() for _ in range(2)]
        self.check([self.six(host).start() for host in hosts])
        names = hosts[0].run(["epmd", "-names"], check=False, env=self.scene.environment).stdout
        self.assertIn("name meshmq at port", names)

    def test_addresses_with_tls(self):
        self.check([self.six(self.addressed(), proto="inet6_tls").start() for _ in range(2)])

    def test_two_nodes_of_a_host_share_its_epmd(self):
        host = self.scene.host(alone=True)
        self.check([self.six(host, name=f"mq{number}@::1").start() for number in (1, 2)])

    def test_an_erlang_node_over_ipv6(self):
        host = self.scene.host(alone=True)
        node = self.six(host, name="meshmq@::1").start()
        words = ["erl", "-noinput", "-proto_dist", "inet6_tcp", "-start_epmd", "false", "-name", "probe@::1"]
        ping = f"io:format(\"~p~n\", [net_adm:ping('{node.name}')]), init:stop()."
        done = host.run([*words, "-setcookie", COOKIE, "-eval", ping], timeout=PATIENCE * 2, env=self.scene.environment)
        self.assertEqual(done.stdout, "pong\n")


if __name__ == "__main__":
    main()
