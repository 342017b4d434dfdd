"""Brokers under test: started on free ports of the loopback, in a directory of their own, stopped when done."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

COOKIE = "bench-cookie"
READY_SECONDS = 20


class BenchError(Exception):
    """Something that must work for the figures to mean anything did not."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, seconds=READY_SECONDS, pause=0.02):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise BenchError(f"{what}: not within {seconds} s")
        time.sleep(pause)


def link_bytes(node):
    """Bytes that a process received over its links, as the kernel counted them; None without `ss`."""
    if shutil.which("ss") is None:
        return None
    text = subprocess.run(["ss", "-tinpH", "state", "established"], capture_output=True, text=True).stdout
    total = 0
    for sockets in re.split(r"\n(?=\S)", text):
        if f"pid={node.pid}," in sockets:
            total += sum(map(int, re.findall(r"bytes_received:(\d+)", sockets)))
    return total


class Broker:
    """A process that serves MQTT on self.port, on self.ws_port over WebSocket, and on self.tls_port if `certificate`
    (paths of cert and key) is set."""

    name = ""
    port = 0
    tls_port = 0
    ws_port = 0
    certificate = None

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True)
        self.log_path = self.directory / "log.txt"
        self.process = None

    def _spawn(self, command, env=None):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                list(map(str, command)), stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env
            )

    def _check_alive(self):
        if self.process.poll() is not None:
            raise BenchError(f"{self.name} ended with {self.process.returncode}:\n{self.log_path.read_text()[-2000:]}")

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


class Mosquitto(Broker):
    """Debian's mosquitto without limits and without a disk."""

    name = "mosquitto"

    @staticmethod
    def program():
        return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")

    @staticmethod
    def version():
        text = subprocess.run([Mosquitto.program(), "-h"], capture_output=True, text=True).stdout
        match = re.search(r"version (\S+)", text)
        return match.group(1) if match else "?"

    def start(self):
        self.port, self.ws_port = free_port(), free_port()
        config = self.directory / "mosquitto.conf"
        # As root it would change to a user who may not read our certificate.
        config.write_text(
            f"user root\nlistener {self.port} 127.0.0.1\n"
            "allow_anonymous true\npersistence false\nset_tcp_nodelay true\n"
            "max_inflight_messages 0\nmax_queued_messages 0\n" + self._tls_config()
            + f"listener {self.ws_port} 127.0.0.1\nprotocol websockets\n"
        )
        self._spawn([self.program(), "-c", config])
        wait_until(self._answers, "mosquitto listens")

    def _tls_config(self):
        if self.certificate is None:
            return ""
        self.tls_port = free_port()
        cert, key = self.certificate
        return f"listener {self.tls_port} 127.0.0.1\ncertfile {cert}\nkeyfile {key}\n"

    def _answers(self):
        self._check_alive()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class MeshNode(Broker):
    """One node of ours with its shipped settings, but for those in `settings`; with `dist_tls`, an ssl_dist_optfile,
    TLS to other nodes."""

    settings = {}

    def __init__(self, directory, programs, short_name, epmd_port, dist_tls=None):
        super().__init__(directory)
        self.programs = pathlib.Path(programs)
        self.name = f"{short_name}@127.0.0.1"
        self.env = {**os.environ, "ERL_EPMD_PORT": str(epmd_port)}
        if dist_tls is not None:
            self.env |= {"MESHMQ_CLUSTER__PROTO_DIST": "inet_tls", "MESHMQ_NODE__SSL_DIST_OPTFILE": str(dist_tls)}

    def start(self):
        ports_path = self.directory / "ports.json"
        settings = {"node.name": self.name, "node.cookie": COOKIE, "listener.tcp.external": "127.0.0.1:0",
                    "listener.ws.external": "127.0.0.1:0"}
        # Measured is how fast a node can, not what a listener lets in by default.
        settings |= {f"listener.{kind}.external.max_conn_rate": 0 for kind in ("tcp", "ws")}
        if self.certificate is not None:
            cert, key = self.certificate
            settings |= {"listener.ssl.external": "127.0.0.1:0", "listener.ssl.external.certfile": cert,
                         "listener.ssl.external.keyfile": key, "listener.ssl.external.max_conn_rate": 0}
        settings |= self.settings
        ports_path.unlink(missing_ok=True)
        command = [self.programs / "meshmq", "foreground", "--data-dir", self.directory / "data"]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        self._spawn(command + ["--ports-file", ports_path], env=self.env)
        ports = {}

        def read_ports():
            self._check_alive()
            try:
                ports.update(json.loads(ports_path.read_text()))
            except (OSError, ValueError):
                return False
            return True

        wait_until(read_ports, f"{self.name} is ready")
        self.port = next((port for key, port in ports.items() if re.search(r"tcp[.:]external$", key)), 0)
        self.tls_port = next((port for key, port in ports.items() if re.search(r"ssl[.:]external$", key)), 0)
        self.ws_port = next((port for key, port in ports.items() if re.search(r"ws[.:]external$", key)), 0)
        self.api_port = ports.get("dashboard.listener.http", 0)
        if not self.port:
            raise BenchError(f"no MQTT port among {ports}")

    def ctl(self, *words):
        command = [self.programs / "meshmq_ctl", "--node", self.name, "--cookie", COOKIE, *words]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=self.env)
        if done.returncode != 0:
            raise BenchError(f"{self.name}: {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def number(self, command, key):
        """One value of `broker stats` or `broker metrics`."""
        match = re.search(rf"^{re.escape(key)}\s*:\s*(\d+)", self.ctl("broker", command), re.MULTILINE)
        return int(match.group(1)) if match else None
