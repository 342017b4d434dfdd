"""Real nodes for the end-to-end tests: started in network namespaces, watched, asked through meshmq_ctl, cleaned up.

A test class derives from SceneTest and gets `self.scene`: a directory of its own, a network of its own (network.py) and
the nodes it starts. Nodes listen on port 0 and say through --ports-file which port that became. When a test ends every
node must stop cleanly, and no log may hold a sanitizer's report or a failed assertion.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import network
from mqtt_client import Client

BIN = pathlib.Path(os.environ.get("MESHMQ_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/asan/bin"))
COOKIE = "e2e-cookie"
# Generous, because sanitizers and a busy machine are slow; nobody waits that long when things go well.
PATIENCE = float(os.environ.get("MESHMQ_E2E_PATIENCE", "30"))
BROKEN = re.compile(r"(ERROR|WARNING): \w+Sanitizer|runtime error:|assertion failed|terminate called")


class Failed(AssertionError):
    """A test's expectation did not come true."""


def eventually(condition, what, seconds=None):
    """Polls until condition() is true and returns its value; errors of the condition count as not yet."""
    deadline = time.monotonic() + (PATIENCE if seconds is None else seconds)
    seen = None
    while True:
        try:
            value = condition()
            if value:
                return value
            seen = repr(value)
        except (Failed, OSError, RuntimeError, subprocess.SubprocessError) as error:
            seen = str(error)
        if time.monotonic() > deadline:
            raise Failed(f"never happened: {what}; last seen: {seen}")
        time.sleep(0.05)


def eventually_equal(read, expected, what, seconds=None):
    """Polls until read() gives the expected value; a failure shows the last one."""

    def check():
        value = read()
        if value != expected:
            raise Failed(f"{value!r}")
        return True

    eventually(check, f"{what} to be {expected!r}", seconds)


class Output:
    """What a program printed and how it ended."""

    def __init__(self, command, code, out, err):
        self.command, self.code, self.out, self.err = command, code, out, err

    @property
    def lines(self):
        return self.out.splitlines()

    def __str__(self):
        return f"$ {' '.join(map(str, self.command))}\n{self.out}{self.err}[exit {self.code}]"


class Node:
    """One meshmq process on one host. It survives its process: start() after stop() or kill() is a restart."""

    def __init__(self, scene, host, name, cookie, settings, environment):
        self.scene, self.host, self.name, self.cookie = scene, host, name, cookie
        self.settings, self.environment = settings, environment
        self.directory = scene.directory / f"{name}-{len(scene.nodes)}"
        self.log_path = self.directory / "log.txt"
        self.ports_path = self.directory / "ports.json"
        self.ports = {}
        self.process = None
        self.directory.mkdir()

    @property
    def address(self):
        return self.host.address or "127.0.0.1"

    def command(self):
        settings = {
            "node.name": self.name,
            "node.cookie": self.cookie,
            "listener.tcp.external": f"{self.address}:0",
            "log.level": "info",
            **self.settings,
        }
        command = [BIN / "meshmq", "foreground", "--data-dir", self.directory / "data"]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        return command + ["--ports-file", self.ports_path]

    def launch(self):
        """Starts the process and does not wait."""
        self.ports_path.unlink(missing_ok=True)
        with open(self.log_path, "ab") as log:
            self.process = self.host.spawn(
                self.command(), stdout=log, stderr=log, env={**self.scene.environment, **self.environment}
            )
        return self

    def start(self):
        self.launch()
        deadline = time.monotonic() + PATIENCE
        while not self._read_ports():
            if self.process.poll() is not None:
                raise Failed(f"{self.name} ended with {self.process.returncode}\n{self.log()}")
            if time.monotonic() > deadline:
                raise Failed(f"{self.name} is not ready\n{self.log()}")
            time.sleep(0.02)
        return self

    def _read_ports(self):
        try:
            self.ports = json.loads(self.ports_path.read_text())
        except (OSError, ValueError):
            return False
        return True

    @property
    def mqtt_port(self):
        return self.ports["listener.tcp.external"]

    @property
    def dist_port(self):
        return self.ports["node.dist"]

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_log(self, pattern, seconds=None):
        """Waits for a log line; returns it."""
        line = re.compile(f"^.*(?:{pattern}).*$", re.MULTILINE)
        return eventually(lambda: line.search(self.log()), f"{self.name} logs {pattern!r}", seconds).group(0)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; the node must end by itself with status 0."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{self.name} did not end on SIGTERM\n{self.log()}") from None
        if self.process.returncode != 0:
            raise Failed(f"{self.name} ended with {self.process.returncode}\n{self.log()}")

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    # ---------------------------------------------------------------- operators

    def ctl(self, *words, code=0, cookie=None, node=None):
        """meshmq_ctl for this node, run on its host; `code` is the exit status that it must have (None: any)."""
        command = [*self.ctl_command(cookie=cookie, node=node), *words]
        environment = {**self.scene.environment, **self.environment}
        done = self.host.run(command, timeout=PATIENCE * 2, check=False, env=environment)
        output = Output(["meshmq_ctl", *words], done.returncode, done.stdout, done.stderr)
        if code is not None and done.returncode != code:
            raise Failed(f"{self.name}: expected exit {code}\n{output}")
        return output

    def ctl_command(self, cookie=None, node=None):
        return [BIN / "meshmq_ctl", "--node", node or self.name, "--cookie", cookie or self.cookie]

    def status(self):
        """(running, stopped) as `cluster status` prints them."""
        text = self.ctl("cluster", "status").out
        match = re.fullmatch(
            r"Cluster status: #\{running_nodes =>\s*\[(.*?)\],\s*stopped_nodes =>\s*\[(.*?)\]\}\n", text, re.DOTALL
        )
        if not match:
            raise Failed(f"unreadable status: {text!r}")
        return tuple([name.strip().strip("'") for name in part.split(",") if name.strip()] for part in match.groups())

    def routes(self):
        return sorted(self.ctl("routes", "list").lines)

    def trie(self):
        return sorted(self.ctl("trie", "list").lines)

    def subscriptions(self):
        return sorted(self.ctl("subscriptions", "list").lines)

    def metric(self, name):
        for line in self.ctl("broker", "metrics").lines:
            key, _, value = line.partition(":")
            if key.strip() == name:
                return int(value)
        raise Failed(f"{self.name} has no metric {name}")

    # ---------------------------------------------------------------- clients

    def open(self, client_id="", version=4, host=None, **options):
        """An MQTT client from `host` (default: the node's own), not yet connected."""
        connection = (host or self.host).connect(self.address, self.mqtt_port)
        client = Client(connection, client_id, version, timeout=PATIENCE, **options)
        self.scene.clients.append(client)
        return client

    def client(self, client_id="", version=4, host=None, **options):
        return self.open(client_id, version, host).connect(**options)


class Scene:
    """One test's directory, network, nodes and clients."""

    def __init__(self, name):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"meshmq-{name}-"))
        self.network = network.Network()
        self.nodes = []
        self.clients = []
        self.children = []
        home = self.directory / "home"  # erl keeps its cookie there
        home.mkdir()
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
            "UBSAN_OPTIONS": "print_stacktrace=1",
            "TSAN_OPTIONS": "halt_on_error=0:second_deadlock_stack=1",
        }

    def host(self, alone=False):
        return self.network.host(alone)

    def node(self, host=None, name=None, cookie=COOKIE, settings=None, environment=None):
        """A node that is not started yet; by default on a host of its own, as meshmq@ADDRESS."""
        host = host or self.host()
        name = name or f"meshmq@{host.address or '127.0.0.1'}"
        node = Node(self, host, name, cookie, settings or {}, environment or {})
        self.nodes.append(node)
        return node

    def cluster(self, count, **options):
        """That many started nodes, joined; every node sees all others running."""
        nodes = [self.node(**options).start() for _ in range(count)]
        for node in nodes[1:]:
            node.ctl("cluster", "join", nodes[0].name)
        wait_running(nodes)
        return nodes

    def spawn(self, host, command, **options):
        """A helper program of the test; killed at the end if it still runs."""
        pipes = {"text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        child = host.spawn(command, **{"env": self.environment, **pipes, **options})
        self.children.append(child)
        return child

    def close(self):
        """Stops everything; returns what was wrong with that."""
        problems = []
        for client in self.clients:
            client.drop()
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.communicate()
        for node in self.nodes:
            if node.running:
                try:
                    node.stop()
                except Failed as failure:
                    problems.append(str(failure))
            if BROKEN.search(node.log()):
                problems.append(f"{node.name} is broken\n{node.log()}")
        self.network.close()
        return problems

    def logs(self):
        return "\n".join(f"---- {node.directory.name}\n{node.log()[-6000:]}" for node in self.nodes)


def wait_running(nodes, stopped=()):
    """Waits until each of these nodes sees exactly these running, and `stopped` stopped."""
    expected = (sorted(node.name for node in nodes), sorted(node.name for node in stopped))
    for node in nodes:
        eventually_equal(node.status, expected, f"cluster status on {node.name}")


class SceneTest(unittest.TestCase):
    """A test with a scene. After a failure the nodes' logs are printed and the scene's directory is kept."""

    maxDiff = None

    def setUp(self):
        self.scene = Scene(self._testMethodName.removeprefix("test_")[:40])

    def tearDown(self):
        result = self._outcome.result
        failed = any(test is self for test, _ in result.failures + result.errors)
        problems = self.scene.close()
        if failed or problems:
            print(self.scene.logs(), f"kept: {self.scene.directory}", sep="\n", flush=True)
        else:
            shutil.rmtree(self.scene.directory)
        if problems:
            raise Failed("\n".join(problems))


def main():
    """The end of every test file."""
    network.become_root()
    for program in ("meshmq", "meshmq_ctl"):
        if not (BIN / program).exists():
            sys.exit(f"{BIN / program} is missing: build it first, or set MESHMQ_BIN")
    unittest.main(verbosity=2)
