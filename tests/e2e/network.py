"""Hosts for the tests: network namespaces on one virtual switch, each with its own address and loopback.

Nothing of it has a name in the system: a namespace lives as long as the process that holds it, so nothing is left
behind whatever happens to a test, and tests run side by side. All traffic stays inside.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
# What pulls a host's cable, and plugs it in again.
PULL = ["ip", "link", "set", "eth0", "down"]
PLUG = ["ip", "link", "set", "eth0", "up"]


def die_with_parent():
    """For preexec_fn: a child of a killed test does not stay behind."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def become_root():
    """Namespaces need privileges; an ordinary user gets them inside a user namespace of his own."""
    if os.geteuid() != 0:
        os.execvp("unshare", ["unshare", "--map-root-user", "--net", sys.executable, *sys.argv])


class Host:
    """One namespace: a machine with loopback and, unless it is alone, one address on the switch."""

    def __init__(self, address=None):
        self.address = address
        self._lock = threading.Lock()
        self._holder = subprocess.Popen(
            ["unshare", "--net", "sleep", "infinity"], preexec_fn=die_with_parent, stdin=subprocess.DEVNULL
        )
        self.path = f"/proc/{self._holder.pid}/ns/net"
        ours = os.readlink("/proc/self/ns/net")
        deadline = time.monotonic() + 10
        while os.readlink(self.path) == ours:
            if time.monotonic() > deadline:
                raise RuntimeError("unshare --net made no namespace")
            time.sleep(0.002)
        self.run(["ip", "link", "set", "lo", "up"])

    @property
    def pid(self):
        return self._holder.pid

    def wrap(self, command):
        return ["nsenter", f"--net={self.path}", "--", *map(str, command)]

    def run(self, command, timeout=20, check=True, **options):
        """Runs a command here to its end."""
        options = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL, **options}
        done = subprocess.run(self.wrap(command), timeout=timeout, **options)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def spawn(self, command, **options):
        """Starts a command here."""
        options = {"stdin": subprocess.DEVNULL, "preexec_fn": die_with_parent, **options}
        return subprocess.Popen(self.wrap(command), **options)

    def socket(self, family=socket.AF_INET):
        """A TCP socket that lives here. The calling thread is back home when it returns."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        here = os.open(self.path, os.O_RDONLY)
        try:
            if _LIBC.setns(here, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                return socket.socket(family, socket.SOCK_STREAM)
            finally:
                _LIBC.setns(home, _CLONE_NEWNET)
        finally:
            os.close(home)
            os.close(here)

    def connect(self, address, port, timeout=10):
        connection = self.socket()
        connection.settimeout(timeout)
        connection.connect((address, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def unplug(self):
        """Pulls the cable: packets vanish both ways, connections learn nothing of it."""
        self.run(PULL)

    def plug(self):
        self.run(PLUG)

    def close(self):
        self._holder.kill()
        self._holder.wait()


class Network:
    """A switch and the hosts on it: 10.77.0.1, 10.77.0.2, ..."""

    def __init__(self):
        self.hosts = []
        self.switch = None  # made for the first host that is not alone

    def host(self, alone=False):
        """A new host; `alone` gives one that has loopback only."""
        if alone:
            host = Host()
            self.hosts.append(host)
            return host
        if self.switch is None:
            self.switch = Host()
            self.switch.run(["ip", "link", "add", "br0", "type", "bridge"])
            self.switch.run(["ip", "link", "set", "br0", "up"])
        number = len(self.hosts) + 1
        host = Host(f"10.77.0.{number}")
        self.hosts.append(host)
        port = f"port{number}"
        self.switch.run(["ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", str(host.pid)])
        self.switch.run(["ip", "link", "set", port, "master", "br0", "up"])
        host.run(["ip", "address", "add", f"{host.address}/24", "dev", "eth0"])
        host.run(["ip", "link", "set", "eth0", "up"])
        return host

    def close(self):
        for host in self.hosts:
            host.close()
        if self.switch:
            self.switch.close()
