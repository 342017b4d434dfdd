"""TLS as clients and operators meet it: mosquitto's and OpenSSL's own programs against a node."""

import os
import signal
import time

from harness import BIN, Failed, SceneTest, eventually, eventually_equal, main
from pki import LONG_AGO, Authority

HERE = "listener.ssl.external"


class TlsTest(SceneTest):
    def setUp(self):
        super().setUp()
        self.host = self.scene.host()
        self.address = self.host.address
        self.ca = Authority(self.scene.directory / "ca")
        self.cert, self.key = self.ca.issue("server", f"DNS:mqtt.example.org,IP:{self.address}")

    def settings(self, **more):
        """Of a TLS listener; `sni__1__certfile` stands for sni.1.certfile."""
        settings = {
            HERE: f"{self.address}:0",
            "log.level": "warning",
            f"{HERE}.certfile": self.cert,
            f"{HERE}.keyfile": self.key,
            f"{HERE}.cacertfile": self.ca.cert,
        }
        for key, value in more.items():
            settings[f"{HERE}.{key.replace('__', '.')}"] = value
        return {key: value for key, value in settings.items() if value is not None}

    def start(self, **more):
        return self.scene.node(self.host, settings=self.settings(**more)).start()

    def mosquitto(self, node, program, *words, cert=None, ca=True, client="", host=None):
        command = [f"mosquitto_{program}", "-h", host or self.address, "-p", node.ports[HERE], *words]
        if ca:
            command += ["--cafile", self.ca.cert]
        if cert:
            command += ["--cert", cert[0], "--key", cert[1]]
        if client:
            command += ["-i", client]
        return command

    def publishes(self, node, *words, **options):
        """Whether mosquitto_pub comes through."""
        command = self.mosquitto(node, "pub", "-t", "t", "-m", "x", "-q", "1", *words, **options)
        done = self.host.run(command, check=False)
        return done.returncode == 0

    def s_client(self, node, *words):
        command = ["openssl", "s_client", "-connect", f"{self.address}:{node.ports[HERE]}", "-CAfile", self.ca.cert]
        done = self.host.run([*command, *words], check=False)
        return done.stdout + done.stderr

    def shutdowns(self, node):
        for part in node.ctl("listeners").out.split("mqtt:"):
            if part.startswith("ssl:external"):
                return part.split("shutdown_count  : ")[1].strip()
        raise Failed("no listener mqtt:ssl:external")


class Protocol(TlsTest):
    def test_mosquitto_publishes_and_subscribes_with_tls_12_and_13(self):
        node = self.start()
        for version in ("tlsv1.2", "tlsv1.3"):
            words = ("--tls-version", version)
            subscriber = self.scene.spawn(
                self.host, self.mosquitto(node, "sub", "-t", version, "-C", "2", *words, client=f"sub-{version}")
            )
            eventually_equal(node.subscriptions, [f"sub-{version} -> {version}"], "subscription")
            large = self.scene.directory / "large"
            large.write_text("large " * 100_000)
            for message in (("-m", "small"), ("-f", large)):
                command = self.mosquitto(node, "pub", "-t", version, "-q", "1", *message, *words)
                self.host.run(command)
            out, _ = subscriber.communicate(timeout=30)
            self.assertEqual(out, "small\n" + "large " * 100_000 + "\n")
            self.assertEqual(subscriber.returncode, 0)
        self.assertFalse(self.publishes(node, ca=False), "plain MQTT")
        self.assertFalse(self.publishes(node, host="127.0.0.1"), "nothing listens there")
        self.assertIn("New, TLSv1.3", self.s_client(node, "-tls1_3"))
        self.assertIn("no peer certificate available", self.s_client(node, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"))

    def test_host_names_have_their_certificates(self):
        other = self.ca.issue("other", "DNS:other.example.org,DNS:*.things.example.org")
        node = self.start(sni__1__certfile=other[0], sni__1__keyfile=other[1])
        for host, expected in (
            ("mqtt.example.org", "server"),
            ("other.example.org", "other"),
            ("a.things.example.org", "other"),
            ("unknown.example.org", "server"),
        ):
            self.assertIn(f"subject=CN = {expected}", self.s_client(node, "-servername", host), host)

    def test_pre_shared_keys(self):
        secrets = self.ca.write("psk.txt", "# devices\nthing-1:0123456789abcdef\nthing-2:feedbeef\n")
        node = self.start(certfile=None, keyfile=None, cacertfile=None, psk_file=secrets)

        def publishes(identity, key, version):
            words = ("--psk-identity", identity, "--psk", key, "--tls-version", version)
            return self.publishes(node, *words, ca=False)

        for version in ("tlsv1.2", "tlsv1.3"):
            self.assertTrue(publishes("thing-1", "0123456789abcdef", version), version)
            self.assertTrue(publishes("thing-2", "feedbeef", version), version)
            self.assertFalse(publishes("thing-1", "feedbeef", version), version)
            self.assertFalse(publishes("nobody", "feedbeef", version), version)

    def test_alpn_and_stapled_ocsp(self):
        node = self.start(ocspfile=self.ca.ocsp_response(self.cert))
        self.assertIn("ALPN protocol: mqtt", self.s_client(node, "-alpn", "mqtt"))
        self.assertIn("no application protocol", self.s_client(node, "-alpn", "h2"))
        self.assertTrue(self.publishes(node, "--tls-alpn", "mqtt"))
        stapled = self.s_client(node, "-status")
        self.assertIn("OCSP Response Status: successful", stapled)
        self.assertIn("Cert Status: good", stapled)

    def test_garbage_and_half_handshakes_end_in_time_and_disturb_nobody(self):
        node = self.start(handshake_timeout="1s")
        witness = self.scene.spawn(
            self.host, self.mosquitto(node, "sub", "-t", "t", "-C", "1", client="witness")
        )
        eventually_equal(node.subscriptions, ["witness -> t"], "subscription")
        hello = bytes.fromhex("1603010200010001fc0303")
        openings = [b"", b"\x16", hello, hello + b"\0" * 100, b"GET / HTTP/1.1\r\n\r\n"]
        openings += [b"\x10\x0c\0\x04MQTT\x04\2\0<\0\0"]
        openings += [os.urandom(300) for _ in range(20)]
        sockets = []
        for opening in openings:
            connection = self.host.connect(self.address, node.ports[HERE])
            connection.sendall(opening)
            sockets.append(connection)
        self.assertTrue(self.publishes(node, client="meanwhile"))
        witness.communicate(timeout=30)
        self.assertEqual(witness.returncode, 0)
        began = time.monotonic()
        for connection in sockets:
            connection.settimeout(10)
            try:
                while connection.recv(4096):
                    pass
            except ConnectionError:
                pass
            connection.close()
        self.assertLess(time.monotonic() - began, 8)
        eventually(lambda: "current_conn    : 0" in node.ctl("listeners").out.split("ssl:external")[1], "all gone")
        self.assertIn("{handshake_timeout,", self.shutdowns(node))
        self.assertIn("{handshake_failed,", self.shutdowns(node))


class ClientCertificates(TlsTest):
    def test_only_certificates_of_the_authority_that_are_valid_come_in(self):
        good, revoked = self.ca.issue("thing-1"), self.ca.issue("thing-2")
        expired = self.ca.issue("thing-3", dates=LONG_AGO)
        foreign = Authority(self.scene.directory / "stranger", "Stranger").issue("thing-1")
        node = self.start(
            verify="verify_peer", fail_if_no_peer_cert="true", crlfile=self.ca.revocations(revoked[0])
        )
        for version in ("tlsv1.2", "tlsv1.3"):
            words = ("--tls-version", version)
            self.assertTrue(self.publishes(node, *words, cert=good))
            for name, cert in (("none", None), ("revoked", revoked), ("expired", expired), ("foreign", foreign)):
                self.assertFalse(self.publishes(node, *words, cert=cert), f"{version} {name}")
                time.sleep(1.05)  # one warning per second at most
        for reason in (
            "peer did not return a certificate",
            "certificate revoked",
            "certificate has expired",
            "unable to get local issuer certificate",
        ):
            node.wait_log(rf"\[warning\] Listener mqtt:ssl:external: {self.address}:\d+ closed: TLS: .*{reason}")
        self.assertEqual(self.shutdowns(node), "[{handshake_failed,8},{normal,2}]")

    def test_a_certificate_says_who_the_client_is(self):
        thing = self.ca.issue("thing-1")
        node = self.start(
            verify="verify_peer",
            fail_if_no_peer_cert="true",
            peer_cert_as_username="dn",
            peer_cert_as_clientid="cn",
        )
        words = ("-t", "t", "-u", "root", "-P", "x")
        subscriber = self.scene.spawn(self.host, self.mosquitto(node, "sub", *words, cert=thing, client="liar"))
        eventually_equal(node.subscriptions, ["thing-1 -> t"], "subscription")
        self.assertIn("Client(thing-1, username=O=Example,CN=thing-1,", node.ctl("clients", "show", "thing-1").out)
        subscriber.terminate()


class Operators(TlsTest):
    def subject(self, node):
        for line in self.s_client(node).splitlines():
            if line.startswith("subject="):
                return line
        raise Failed("no certificate")

    def test_certificates_are_renewed_while_clients_stay(self):
        node = self.start()
        subscriber = self.scene.spawn(
            self.host, self.mosquitto(node, "sub", "-t", "t", "-C", "4", "-v", client="stays")
        )
        eventually_equal(node.subscriptions, ["stays -> t"], "subscription")
        names = f"DNS:mqtt.example.org,IP:{self.address}"

        self.ca.issue("second", names, file="server")
        self.assertIn("successfully", node.ctl("listeners", "reload").out)
        self.assertEqual(self.subject(node), "subject=CN = second, O = Example")
        self.assertTrue(self.publishes(node))

        self.ca.issue("third", names, file="server")
        node.process.send_signal(signal.SIGHUP)
        eventually_equal(lambda: self.subject(node), "subject=CN = third, O = Example", "certificate")
        self.assertTrue(self.publishes(node))

        self.key.rename(f"{self.key}.away")
        refused = node.ctl("listeners", "reload", code=1)
        self.assertIn(f"{HERE}.keyfile: {self.key}: No such file or directory", refused.out + refused.err)
        self.assertEqual(self.subject(node), "subject=CN = third, O = Example")
        self.assertTrue(self.publishes(node))

        # Nobody says anything: the files are looked at now and then.
        self.ca.issue("fourth", names, file="server")
        eventually_equal(lambda: self.subject(node), "subject=CN = fourth, O = Example", "certificate")
        self.assertTrue(self.publishes(node))
        out, _ = subscriber.communicate(timeout=30)
        self.assertEqual(out, "t x\n" * 4)

    def refusal(self, **more):
        """What a node that does not start says."""
        node = self.scene.node(self.host, settings=self.settings(**more)).launch()
        self.assertEqual(node.process.wait(30), 1)
        return node.log().splitlines()[-1]

    def test_what_is_wrong_with_files_is_said_at_the_start(self):
        def line(reason):
            return f"Failed to start mqtt:ssl:external listener on {self.address}:0: {HERE}.{reason}"

        missing = self.scene.directory / "missing.pem"
        other = self.ca.issue("other")
        self.assertEqual(self.refusal(certfile=missing), line(f"certfile: {missing}: No such file or directory"))
        self.assertEqual(self.refusal(certfile=None), line("certfile: is not set"))
        self.assertEqual(
            self.refusal(keyfile=other[1]),
            line(f"keyfile: {other[1]} is not the key of the certificate in {self.cert}"),
        )
        self.assertEqual(
            self.refusal(verify="verify_peer", cacertfile=None),
            line(f"verify: verify_peer needs {HERE}.cacertfile to know whom to trust"),
        )

    def test_an_expired_certificate_is_warned_about(self):
        cert, key = self.ca.issue("old", dates=LONG_AGO)
        settings = self.settings(certfile=cert, keyfile=key)
        words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        checked = self.host.run([BIN / "meshmq", "check-config", *words])
        self.assertIn("the certificate expired on 2020-02-01", checked.stderr)
        node = self.start(certfile=cert, keyfile=key)
        node.wait_log(rf"\[warning\] {HERE}\.certfile: {cert}: the certificate expired on 2020-02-01")
        self.assertFalse(self.publishes(node))


if __name__ == "__main__":
    main()
