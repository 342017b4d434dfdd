"""Nodes that find each other by themselves: cluster.discovery."""

import os
import subprocess

import pki
from harness import SceneTest, eventually, main, wait_running

# How often five nodes are started at the same moment with seeds; the other strategies get a quarter of it. 20 is a
# thorough run.
ROUNDS = int(os.environ.get("MESHMQ_DISCOVERY_ROUNDS", "2"))


def found(node):
    """What `cluster discovery` says of each node that it found."""
    lines = node.ctl("cluster", "discovery").lines
    return dict(line.removeprefix("found ").split(": ", 1) for line in lines if line.startswith("found "))


class Discovery(SceneTest):
    def static(self, hosts, seeds=None):
        seeds = seeds or [f"meshmq@{host.address}" for host in hosts]
        settings = {"cluster.discovery": "static", "cluster.static.seeds": ",".join(seeds)}
        return [self.scene.node(host, settings=settings) for host in hosts]

    def launch(self, nodes):
        """All at the same moment."""
        for node in nodes:
            node.launch()
        for node in nodes:
            eventually(node._read_ports, f"{node.name} is ready")

    def test_nodes_that_start_at_the_same_moment_form_one_cluster(self):
        hosts = [self.scene.host() for _ in range(5)]
        for _ in range(ROUNDS):
            nodes = self.static(hosts)
            self.launch(nodes)
            wait_running(nodes)
            for node in nodes:
                self.assertEqual(set(found(node).values()), {"member"})
            reader = nodes[4].client("reader")
            reader.subscribe("t", qos=1)
            nodes[0].client("writer").publish("t", "hello", qos=1)
            self.assertEqual(reader.receive().payload, b"hello")
            for node in nodes:
                node.stop()

    def start_at_once(self, hosts, make):
        """Five nodes without a past end in one cluster, each time."""
        for _ in range(max(1, ROUNDS // 4)):
            nodes = [make(host) for host in hosts]
            self.launch(nodes)
            wait_running(nodes)
            for node in nodes:
                node.stop()

    def test_and_so_they_do_with_multicast_dns_and_etcd(self):
        server, *hosts = [self.scene.host() for _ in range(6)]
        with self.subTest("mcast"):
            self.start_at_once(hosts, lambda host: self.mcast(host, "blue", "cookie"))
        with self.subTest("dns"):
            self.dnsmasq(server, *[f"--host-record=nodes.example,{host.address}" for host in hosts])
            self.start_at_once(hosts, lambda host: self.dns(server, host))
        self.etcd(server, "etcd", "http", "--enable-v2")
        for more in ({"version": "v3"}, {"version": "v2"}, {"version": "v2", "lock": "on"}):
            settings = {"cluster.discovery": "etcd", "cluster.etcd.server": f"http://{server.address}:2379"}
            settings |= {f"cluster.etcd.{key}": value for key, value in more.items()}
            with self.subTest(f"etcd {more}"):
                self.start_at_once(hosts, lambda host, settings=settings: self.scene.node(host, settings=settings))

    def test_the_one_that_starts_later_and_the_one_that_was_killed_come_by_themselves(self):
        hosts = [self.scene.host() for _ in range(3)]
        first, second, late = nodes = self.static(hosts)
        self.launch([first, second])
        wait_running([first, second])
        eventually(lambda: "cannot be reached" in found(first).get(late.name, ""), "the late one is known")
        late.start()
        wait_running(nodes)
        second.kill()
        wait_running([first, late], stopped=[second])
        second.start()
        wait_running(nodes)

    def test_two_clusters_that_were_made_apart_become_one(self):
        hosts = [self.scene.host() for _ in range(4)]
        nodes = self.static(hosts)
        for host in hosts[2:]:
            host.unplug()
        # Without a cable each of the last two is alone; the first two meet.
        self.launch(nodes)
        wait_running(nodes[:2])
        for host in hosts[2:]:
            host.plug()
        wait_running(nodes)

    def mcast(self, host, cluster, cookie, **more):
        settings = {"cluster.discovery": "mcast", "cluster.name": cluster, "cluster.mcast.iface": host.address, **more}
        return self.scene.node(host, cookie=cookie, settings=settings)

    def test_clusters_share_a_network_of_multicast(self):
        hosts = [self.scene.host() for _ in range(4)]
        blue = [self.mcast(host, "blue", "blue-cookie") for host in hosts[:2]]
        red = [self.mcast(host, "red", "red-cookie") for host in hosts[2:]]
        self.launch(blue + red)
        wait_running(blue)
        wait_running(red)
        self.assertEqual(list(found(blue[0])), [blue[1].name])
        intruder = self.mcast(self.scene.host(), "blue", "wrong-cookie").start()
        blue[0].wait_log("another node.cookie")
        wait_running(blue)
        wait_running([intruder])

    def test_multicast_over_ipv6(self):
        hosts = [self.scene.host() for _ in range(2)]
        group = {"cluster.mcast.addr": "ff05::4d51", "cluster.mcast.iface": "eth0"}
        nodes = [self.mcast(host, "six", "cookie-of-six", **group) for host in hosts]
        self.launch(nodes)
        wait_running(nodes)

    def test_without_a_way_to_the_group_a_node_serves_alone(self):
        host = self.scene.host()
        node = self.mcast(host, "blue", "cookie", **{"cluster.mcast.iface": "10.99.0.1"}).start()
        node.wait_log("has no answer: cannot take part in 239.192.0.1")
        self.assertIn("error: cannot take part", node.ctl("cluster", "discovery").out)
        node.client("c").subscribe("t")

    def dns(self, server, host, **more):
        settings = {
            "cluster.discovery": "dns",
            "cluster.dns.name": "nodes.example",
            "cluster.dns.server": f"{server.address}:53",
            **more,
        }
        return self.scene.node(host, name=f"meshmq@{host.address}", settings=settings)

    def dnsmasq(self, server, *records):
        options = ["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root"]
        options += ["--pid-file=", "--local-ttl=1", *records]
        return self.scene.spawn(server, ["dnsmasq", *options])

    def test_records_of_a_name(self):
        server, *hosts = [self.scene.host() for _ in range(4)]
        record = "--host-record=nodes.example,{}".format
        nodes = [self.dns(server, host) for host in hosts]
        self.launch(nodes)
        nodes[0].wait_log("Discovery by dns has no answer: nodes.example: ")
        first = self.dnsmasq(server, *[record(host.address) for host in hosts[:2]])
        # Whoever finds them is found: the third has no record, but asks too.
        wait_running(nodes)
        self.assertEqual(list(found(nodes[0])), [nodes[1].name])
        first.terminate()
        first.wait()
        self.dnsmasq(server, *[record(host.address) for host in hosts])
        eventually(lambda: found(nodes[0]).get(nodes[2].name) == "member", "the new record is found")

    def test_targets_of_a_service(self):
        server, *hosts = [self.scene.host() for _ in range(3)]
        self.dnsmasq(server, *[f"--srv-host=nodes.example,{host.address},1883" for host in hosts])
        nodes = [self.dns(server, host, **{"cluster.dns.type": "srv"}) for host in hosts]
        self.launch(nodes)
        wait_running(nodes)

    def etcd(self, host, data, scheme="http", *more):
        url = f"{scheme}://{host.address}:2379"
        options = ["--data-dir", self.scene.directory / data, "--listen-client-urls", url]
        options += ["--advertise-client-urls", url, "--listen-peer-urls", f"http://{host.address}:2380"]
        options += ["--initial-advertise-peer-urls", f"http://{host.address}:2380"]
        options += ["--initial-cluster", f"default=http://{host.address}:2380", "--log-level", "error", *more]
        return self.scene.spawn(host, ["etcd", *options], stdout=subprocess.DEVNULL)

    def names_in_etcd(self, *flags, **more):
        """Names are written, found, written anew after data were lost, taken away; whatever the API."""
        server, *hosts = [self.scene.host() for _ in range(4)]
        settings = {
            "cluster.discovery": "etcd",
            "cluster.etcd.server": f"http://{server.address}:1,http://{server.address}:2379",
            "cluster.etcd.node_ttl": "8s",
            **more,
        }
        first, second, third = nodes = [self.scene.node(host, settings=settings) for host in hosts]
        self.launch(nodes)
        first.wait_log("Discovery by etcd has no answer: http://.*: connect: Connection refused")
        etcd = self.etcd(server, "etcd-1", "http", *flags)
        wait_running(nodes)
        everybody = [second.name, third.name]
        eventually(lambda: list(found(first)) == everybody, "all are in etcd")
        # Nothing that it knew is there any more: the nodes write it again.
        etcd.kill()
        etcd.wait()
        self.etcd(server, "etcd-2", "http", *flags)
        eventually(lambda: "error" not in first.ctl("cluster", "discovery").out, "etcd answers again")
        late = self.scene.node(settings=settings).start()
        wait_running([*nodes, late])
        late.ctl("cluster", "leave")
        eventually(lambda: list(found(first)) == everybody, "who left is not in etcd")
        third.stop()
        eventually(lambda: list(found(first)) == [second.name], "who stopped is not in etcd")
        second.kill()
        eventually(lambda: not found(first), "who died is forgotten with its lease")
        return server

    def etcd_says(self, server, path, method="GET", body=None, user=None):
        """The answer's body to a request of our own."""
        words = ["curl", "--silent", "--show-error", "-X", method, f"http://{server.address}:2379{path}"]
        words += ["--data", body] if body is not None else []
        words += ["--user", user] if user else []
        return server.run(words).stdout

    def test_names_in_etcd(self):
        server = self.names_in_etcd()
        self.assertIn("404", self.etcd_says(server, "/v2/keys"))

    def test_names_in_etcd_of_api_v2(self):
        # The gateway of v3 is off: that is noticed.
        server = self.names_in_etcd("--enable-v2", "--enable-grpc-gateway=false", **{"cluster.etcd.lock": "on"})
        listing = self.etcd_says(server, "/v2/keys/meshmqcl/meshmqcl?recursive=true")
        self.assertIn("/meshmqcl/meshmqcl/nodes/meshmq@", listing)
        self.assertNotIn("/lock", listing)

    def test_users_of_etcd(self):
        server, *hosts = [self.scene.host() for _ in range(3)]
        self.etcd(server, "etcd", "http", "--enable-v2")
        eventually(lambda: "etcdserver" in self.etcd_says(server, "/version"), "etcd answers")
        for path, body in (
            ("/v3/auth/user/add", '{"name": "root", "password": "secret"}'),
            ("/v3/auth/role/add", '{"name": "root"}'),
            ("/v3/auth/user/grant", '{"user": "root", "role": "root"}'),
            ("/v3/auth/enable", "{}"),
        ):
            self.assertNotIn("error", self.etcd_says(server, path, "POST", body))
        user = '{"user": "root", "password": "secret"}'
        self.assertIn("root", self.etcd_says(server, "/v2/auth/users/root", "PUT", user))
        self.etcd_says(server, "/v2/auth/enable", "PUT", "", "root:secret")
        settings = {"cluster.discovery": "etcd", "cluster.etcd.server": f"http://{server.address}:2379"}
        # Guests of v2 may read and write until their role is taken away.
        self.etcd_says(server, "/v2/auth/roles/guest", "DELETE", "", "root:secret")
        for version in ("v3", "v2"):
            with self.subTest(version):
                settings["cluster.etcd.version"] = version
                wrong = {**settings, "cluster.etcd.user": "root", "cluster.etcd.password": "guessed"}
                stranger = self.scene.node(hosts[0], settings=wrong).start()
                stranger.wait_log("has no answer: http://.*HTTP 40[01]")
                stranger.stop()
                right = {**wrong, "cluster.etcd.password": "secret"}
                nodes = [self.scene.node(host, settings=right) for host in hosts]
                self.launch(nodes)
                wait_running(nodes)
                for node in nodes:
                    node.stop()

    def test_etcd_with_certificates(self):
        server, *hosts = [self.scene.host() for _ in range(3)]
        authority = pki.Authority(self.scene.directory / "pki")
        cert, key = authority.issue("etcd", f"IP:{server.address}")
        options = ["--cert-file", cert, "--key-file", key, "--trusted-ca-file", authority.cert, "--client-cert-auth"]
        options.append("--enable-v2")
        self.etcd(server, "etcd", "https", *options)
        settings = {"cluster.discovery": "etcd", "cluster.etcd.server": f"https://{server.address}:2379"}
        stranger = self.scene.node(hosts[0], settings=settings).start()
        stranger.wait_log("has no answer: https://.*certificate verify failed")
        stranger.stop()
        cert, key = authority.issue("node")
        names = {"cacertfile": authority.cert, "certfile": cert, "keyfile": key}
        settings |= {f"cluster.etcd.ssl.{name}": path for name, path in names.items()}
        versions = [{"cluster.etcd.version": version} for version in ("v3", "v2")]
        for version in versions:
            nodes = [self.scene.node(host, settings={**settings, **version}) for host in hosts]
            self.launch(nodes)
            wait_running(nodes)
            for node in nodes:
                node.stop()

    def test_who_was_removed_stays_out_until_asked(self):
        hosts = [self.scene.host() for _ in range(3)]
        first, second, third = nodes = self.static(hosts)
        self.launch(nodes)
        wait_running(nodes)
        third.ctl("cluster", "leave")
        first.ctl("cluster", "force-leave", second.name)
        third.wait_log("stays out")
        second.wait_log("stays out")
        second.stop()
        second.start()
        second.wait_log("stays out.*(.|\n)*stays out")
        eventually(lambda: found(first).get(third.name, "").startswith("stays out"), "the first one knows")
        for node in nodes:
            wait_running([node])
        second.ctl("cluster", "join", first.name)
        wait_running([first, second])
        third.ctl("cluster", "join", first.name)
        wait_running(nodes)


if __name__ == "__main__":
    main()
