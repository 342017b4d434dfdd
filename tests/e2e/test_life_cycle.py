"""meshmq start, stop, restart, ping, pid, and what two nodes on one machine must not share."""

import json
import os
import pty
import signal
import socket
import subprocess
import time

from harness import BIN, COOKIE, PATIENCE, Failed, SceneTest, eventually, main


class LifeCycle(SceneTest):
    def setUp(self):
        super().setUp()
        self.host = self.scene.host(alone=True)
        self.data = self.scene.directory / "data"
        self.ports_file = self.scene.directory / "ports.json"
        self.settings = {
            "node.name": "daemon@127.0.0.1",
            "node.cookie": COOKIE,
            "listener.tcp.external": "127.0.0.1:0",
        }

    def tearDown(self):
        self.meshmq("stop", code=None)  # a daemon does not end with its test
        super().tearDown()

    def meshmq(self, verb, code=0, settings=None):
        """Runs one verb to its end; `code` is the exit status that it must have (None: any)."""
        command = [BIN / "meshmq", verb, "--data-dir", self.data, "--ports-file", self.ports_file]
        command += ["--pid-file", self.scene.directory / "meshmq.pid"]
        for key, value in {**self.settings, **(settings or {})}.items():
            command += ["--set", f"{key}={value}"]
        done = self.host.run(command, timeout=90, check=False, env=self.scene.environment)
        if code is not None and done.returncode != code:
            raise Failed(f"meshmq {verb}: exit {done.returncode}, expected {code}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def ctl(self, *words):
        command = [BIN / "meshmq_ctl", "--data-dir", self.data, *words]
        return self.host.run(command, env=self.scene.environment).stdout

    def test_start_returns_when_clients_are_accepted(self):
        self.assertRegex(self.meshmq("start"), r"^MeshMQ Broker .* is started successfully!\n$")
        port = json.loads(self.ports_file.read_text())["listener.tcp.external"]
        self.host.connect("127.0.0.1", port).close()
        self.assertEqual(self.meshmq("ping"), "pong\n")
        pid_file = self.scene.directory / "meshmq.pid"
        self.assertEqual(pid_file.read_text(), self.meshmq("pid"))
        self.assertRegex(self.ctl("status"), r"^Node 'daemon@127\.0\.0\.1' .* is started\n$")
        self.assertIn("already running", self.meshmq("start", code=1))
        before = self.meshmq("pid")
        self.assertIn("is started successfully!", self.meshmq("restart"))
        self.assertNotEqual(self.meshmq("pid"), before)
        self.assertEqual(self.meshmq("stop"), "ok\n")
        self.assertFalse(pid_file.exists())
        self.assertIn("not running", self.meshmq("stop", code=1))
        self.assertIn("not running", self.meshmq("pid", code=1))
        self.assertIn("Node 'daemon@127.0.0.1' not responding to pings.", self.meshmq("ping", code=1))
        self.assertIn("running now!", (self.data / "log/console.log").read_text())

    def test_a_start_that_fails_says_why(self):
        self.assertIn("node.name", self.meshmq("start", code=1, settings={"node.nam": "x"}))
        with self.host.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            output = self.meshmq("start", code=1, settings={"listener.tcp.external": address})
        self.assertRegex(output, rf"failed to start: Failed to start mqtt:tcp:external listener on {address}: ")
        self.assertIn("not running", self.meshmq("pid", code=1))

    def test_a_data_directory_belongs_to_one_node(self):
        self.meshmq("start")
        output = self.meshmq("foreground", code=1, settings={"node.name": "other@127.0.0.1"})
        self.assertRegex(output, rf"data directory .* is in use by process {self.meshmq('pid').strip()}")
        self.assertEqual(self.meshmq("ping"), "pong\n")

    def test_a_killed_node_leaves_nothing_locked(self):
        self.meshmq("start")
        pid = int(self.meshmq("pid"))
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: "not running" in self.meshmq("pid", code=None), "the lock is free")
        self.assertIn("not responding", self.meshmq("ping", code=1))
        self.meshmq("start")
        self.assertEqual(self.meshmq("ping"), "pong\n")

    def test_goodbye_to_clients_and_a_quick_end(self):
        node = self.scene.node(self.host).start()
        modern, older = node.client("modern", version=5), node.client("older")
        began = time.monotonic()
        node.stop()
        self.assertLess(time.monotonic() - began, 4)
        self.assertEqual(modern.wait_closed(), 0x8B)
        self.assertIsNone(older.wait_closed())
        self.assertIn("Stop mqtt:tcp:external listener", node.log())

    def test_a_second_signal_ends_it_at_once(self):
        node = self.scene.node(self.host).start()
        stuck = node.client("stuck")
        stuck.subscribe("t")
        node.process.send_signal(signal.SIGTERM)
        node.process.send_signal(signal.SIGTERM)
        node.process.wait(10)

    def test_it_ends_with_its_terminal(self):
        ours, terminal = pty.openpty()
        command = ["setsid", "--ctty", BIN / "meshmq", "console", "--data-dir", self.data]
        command += ["--ports-file", self.ports_file]
        for key, value in self.settings.items():
            command += ["--set", f"{key}={value}"]
        node = self.host.spawn(command, stdin=terminal, stdout=subprocess.DEVNULL, env=self.scene.environment)
        eventually(self.ports_file.exists, "the node accepts clients")
        # As long as the terminal is there the signal means: read the configuration again.
        node.send_signal(signal.SIGHUP)
        self.assertEqual(self.meshmq("ping"), "pong\n")
        os.close(terminal)
        os.close(ours)
        self.assertEqual(node.wait(PATIENCE), 0)

    def test_log_file_and_level(self):
        self.meshmq("start", settings={"log.level": "info"})
        self.assertEqual(self.ctl("log", "primary-level"), "info\n")
        eventually(lambda: "[info]" in (self.data / "log/meshmq.log").read_text(), "a line of level info")
        self.assertEqual(self.ctl("log", "set-level", "error"), "error\n")
        self.meshmq("stop")


class ServiceManager(SceneTest):
    """What systemd hears: a datagram socket stands in its place."""

    def setUp(self):
        super().setUp()
        path = str(self.scene.directory / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(path)
        self.socket.settimeout(PATIENCE)
        self.node = self.scene.node(environment={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "2000000"})

    def hear(self, wanted):
        """Waits for a message with this line; returns its lines."""
        while True:
            lines = self.socket.recv(4096).decode().split("\n")
            if wanted in lines:
                return lines

    def test_it_hears_of_every_turn(self):
        self.node.start()
        ready = self.hear("READY=1")
        self.assertIn(f"STATUS={self.node.name} accepts clients, 0 are connected; 1 of 1 nodes run", ready)
        for _ in range(2):
            self.hear("WATCHDOG=1")
        self.node.process.send_signal(signal.SIGHUP)
        self.hear("RELOADING=1")
        self.hear("READY=1")
        client = self.node.client("c", version=5)
        self.node.process.send_signal(signal.SIGTERM)
        self.hear("STOPPING=1")
        self.assertEqual(client.wait_closed(), 0x8B)
        self.node.process.wait(PATIENCE)


if __name__ == "__main__":
    main()
