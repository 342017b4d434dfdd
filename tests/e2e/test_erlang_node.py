"""A real Erlang node beside ours: ping, remote calls, publishing, epmd."""

import subprocess
import textwrap

from harness import COOKIE, PATIENCE, SceneTest, eventually, eventually_equal, main

STATUS = "Cluster status: #{running_nodes => ['meshmq@127.0.0.1'],stopped_nodes => []}\n"


class ErlangNode(SceneTest):
    def erl(self, host, expression, name="probe@127.0.0.1", cookie=COOKIE, hidden=False):
        """Evaluates an Erlang expression on a fresh node; returns what it prints."""
        program = f"{expression}, init:stop()."
        words = ["erl", "-noinput", "-start_epmd", "false", "-name", name, "-setcookie", cookie]
        words += ["-hidden"] if hidden else []
        done = host.run([*words, "-eval", program], timeout=PATIENCE * 2, env=self.scene.environment)
        return done.stdout

    def test_ping_and_remote_calls(self):
        node = self.scene.node(self.scene.host(alone=True)).start()
        ping = "io:format(\"~p~n\", [net_adm:ping('meshmq@127.0.0.1')])"
        self.assertEqual(self.erl(node.host, ping), "pong\n")
        self.assertEqual(self.erl(node.host, ping, hidden=True), "pong\n")
        self.assertEqual(self.erl(node.host, ping, cookie="wrong"), "pang\n")
        node.wait_log(r"probe@127\.0\.0\.1.*another cookie")

        status = 'rpc:call(\'meshmq@127.0.0.1\', emqx_ctl, run_command, [["cluster","status"]])'
        self.assertEqual(self.erl(node.host, status), STATUS)
        # The server of older releases, as rpc:call spoke to it before OTP 23.
        older = (
            "Result = gen_server:call({rex, 'meshmq@127.0.0.1'}, "
            '{call, emqx_ctl, run_command, [["cluster","status"]], group_leader()}), io:format("~p~n", [Result])'
        )
        printed = self.erl(node.host, older)
        self.assertTrue(printed.startswith(STATUS), printed)

        refused = "io:format(\"~p~n\", [rpc:call('meshmq@127.0.0.1', os, cmd, [\"id\"])])"
        self.assertRegex(self.erl(node.host, refused), r"^\{badrpc,")
        answer = "io:format(\"~p~n\", [rpc:call('meshmq@127.0.0.1', meshmq, status, [])])"
        self.assertIn("meshmq@127.0.0.1", self.erl(node.host, answer))

    def test_publish_reaches_a_subscriber_on_another_node(self):
        first, second = self.scene.cluster(2)
        subscriber = second.client("reader")
        subscriber.subscribe("t/#", qos=1)
        publish = f"Result = rpc:call('{first.name}', meshmq, publish, [<<\"t/a\">>, <<\"hello\">>, 1])"
        printed = self.erl(first.host, f'{publish}, io:format("~p~n", [Result])', name=f"probe@{first.address}")
        self.assertEqual(printed, "ok\n")
        message = subscriber.receive()
        self.assertEqual((message.topic, message.payload, message.qos), ("t/a", b"hello", 1))
        cast = f"rpc:cast('{first.name}', meshmq, publish, [<<\"t/b\">>, <<\"cast\">>, 0]), timer:sleep(500)"
        self.erl(first.host, cast, name=f"probe@{first.address}")
        self.assertEqual(subscriber.receive().payload, b"cast")

    def test_epmd_tool_lists_our_nodes(self):
        host = self.scene.host(alone=True)
        nodes = [self.scene.node(host, name=f"mq{number}@127.0.0.1").start() for number in (1, 2)]
        for node in nodes:
            self.assertIn(f"name {node.name.split('@')[0]} at port {node.dist_port}", self.names(host))
        nodes[1].stop()
        eventually(lambda: "name mq2 " not in self.names(host), "epmd forgets the node that stopped")
        # The one that served the port goes: another node takes over and lists itself.
        nodes[1].start()
        nodes[0].stop()
        eventually(lambda: "name mq2 " in self.names(host), "the remaining node serves EPMD")
        nodes[1].ctl("status")

    def names(self, host):
        return host.run(["epmd", "-names"], check=False, env=self.scene.environment).stdout

    def test_registers_with_an_epmd_that_runs_already(self):
        host = self.scene.host(alone=True)
        epmd = self.scene.spawn(host, ["epmd"], stdout=subprocess.DEVNULL)
        eventually(lambda: "up and running" in self.names(host), "epmd answers")
        node = self.scene.node(host).start()
        eventually(lambda: f"name meshmq at port {node.dist_port}" in self.names(host), "registered")
        ping = "io:format(\"~p~n\", [net_adm:ping('meshmq@127.0.0.1')])"
        self.assertEqual(self.erl(host, ping), "pong\n")
        # When that epmd goes, our node serves the port itself.
        epmd.kill()
        epmd.wait()
        eventually(lambda: f"name meshmq at port {node.dist_port}" in self.names(host), "serves EPMD itself")
        self.assertEqual(self.erl(host, ping, name="probe2@127.0.0.1"), "pong\n")

    def test_a_quiet_erlang_node_is_not_dropped(self):
        """Its ticks come every 15 seconds; ours between our own nodes are expected far more often."""
        node = self.scene.node(self.scene.host(alone=True)).start()
        watch = textwrap.dedent(
            """\
            Node = 'meshmq@127.0.0.1',
            pong = net_adm:ping(Node),
            monitor_node(Node, true),
            receive {nodedown, Node} -> io:format("dropped~n") after 24000 -> io:format("kept~n") end,
            io:format("~p~n", [net_adm:ping(Node)])
            """
        ).strip()
        self.assertEqual(self.erl(node.host, watch), "kept\npong\n")

    def test_garbage_from_erlang_terms_is_survived(self):
        """Messages to names that nobody has, and processes that are linked or monitored, disturb nothing."""
        node = self.scene.node(self.scene.host(alone=True)).start()
        noise = textwrap.dedent(
            """\
            Node = 'meshmq@127.0.0.1',
            pong = net_adm:ping(Node),
            {nobody, Node} ! #{a => [1.5, <<1,2,3>>, fun() -> ok end, make_ref(), self()]},
            {rex, Node} ! garbage,
            {net_kernel, Node} ! {'$gen_call', {self(), make_ref()}, nonsense},
            gen_server:cast({rex, Node}, {cast, a, b, [], self()}),
            erlang:monitor(process, {rex, Node}),
            spawn(Node, erlang, self, []),
            timer:sleep(300),
            io:format("~p~n", [net_adm:ping(Node)])
            """
        ).strip()
        self.assertEqual(self.erl(node.host, noise).splitlines()[-1:], ["pong"])
        client = node.client("still-served")
        client.ping()
        eventually_equal(lambda: node.ctl("cluster", "status").out, STATUS, "cluster status")


if __name__ == "__main__":
    main()
