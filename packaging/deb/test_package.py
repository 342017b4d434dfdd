#!/usr/bin/env python3
"""The Debian package in a clean Debian: installed, started by itself and by systemd, removed, purged; lintian agrees.

usage: test_package.py PACKAGE.deb [--root DIR]

As root. Needs debootstrap, lintian, systemd-container and a mirror; --root keeps the clean Debian for the next time.
Not part of `make test`.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

RELEASE = "bookworm"
PATIENCE = 60
TOOLS = {"debootstrap": "debootstrap", "lintian": "lintian", "systemd-nspawn": "systemd-container"}
# Run by systemd in the booted Debian, as root; the last line says that all went well.
SERVICE_SCRIPT = """set -ex
trap "journalctl --no-pager --unit=meshmq | tail -n 40" EXIT
systemctl is-active meshmq
systemctl show meshmq --property=Type,NotifyAccess,SubState,User,WatchdogUSec
meshmq_ctl --config /etc/meshmq/meshmq.conf status
# Dashboard and API, of a file that meshmq.conf includes.
timeout 5 bash -c '</dev/tcp/127.0.0.1/18083'
first=$(systemctl show meshmq --property=MainPID --value)
sed -i 's/^#*log.level *=.*/log.level = info/' /etc/meshmq/meshmq.conf
systemctl reload meshmq
journalctl --boot --unit=meshmq | grep 'log.level: changed'
test "$(systemctl show meshmq --property=MainPID --value)" = "$first"
# A process that does not answer is replaced by the watchdog.
kill -STOP "$first"
for i in $(seq 200); do
  now=$(systemctl show meshmq --property=MainPID --value)
  if [ "$now" != "$first" ] && [ "$now" != 0 ] && systemctl -q is-active meshmq; then break; fi
  sleep 0.1
done
test "$now" != "$first"
meshmq_ctl --config /etc/meshmq/meshmq.conf status
systemctl stop meshmq
systemctl show meshmq --property=Result,ExecMainStatus
test "$(systemctl show meshmq --property=Result --value)" = success
echo 'the service is as it should be'
"""


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, **options)


class Debian:
    """A clean one, in a directory; programs in it have a network of their own."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        if not (self.root / "etc/debian_version").exists():
            run("debootstrap", "--variant=minbase", RELEASE, self.root)

    def command(self, *command, network=False):
        alone = [] if network else ["unshare", "--net"]
        return [*alone, "chroot", str(self.root), *command]

    def run(self, *command, network=False, **options):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LANG": "C.UTF-8"}
        return run(*self.command(*command, network=network), capture_output=True, env=environment, **options).stdout

    def has(self, path):
        return (self.root / path.lstrip("/")).exists()

    def owner(self, path):
        return self.run("stat", "-c", "%U:%G %a", path).strip()


def expect(value, wanted, what):
    if value != wanted:
        sys.exit(f"{what}: {value!r}, not {wanted!r}")
    print(f"{what}: {value}")


def check_files(debian):
    for file in ("meshmq.conf", "plugins/meshmq_dashboard.conf"):
        expect(debian.owner(f"/etc/meshmq/{file}"), "root:meshmq 640", "the configuration belongs to")
    expect(debian.owner("/var/lib/meshmq"), "meshmq:meshmq 750", "the data belong to")
    expect(debian.owner("/var/log/meshmq"), "meshmq:meshmq 750", "the log belongs to")
    for path in (
        "/lib/systemd/system/meshmq.service",
        "/usr/share/man/man1/meshmq.1.gz",
        "/usr/share/man/man5/meshmq.conf.5.gz",
        "/usr/share/bash-completion/completions/meshmq_ctl",
        "/usr/share/zsh/vendor-completions/_meshmq_ctl",
        "/usr/share/meshmq/dashboard/index.html",
    ):
        expect(debian.has(path), True, path)
    expect(
        sorted(debian.run("dpkg-query", "-W", "-f", "${Conffiles}", "meshmq").split()[::2]),
        sorted(
            f"/etc/meshmq/{file}"
            for file in ("acl.conf", "meshmq.conf", "ssl_dist.conf")
            + tuple(f"plugins/meshmq_{name}.conf" for name in ("dashboard", "management", "prometheus", "retainer"))
        ),
        "configuration files",
    )


def check_node(debian):
    """As the unit starts it, but without systemd: the user, the file, a network with nothing but the loopback."""
    script = """set -e
runuser -u meshmq -- meshmq check-config --config /etc/meshmq/meshmq.conf
runuser -u meshmq -- meshmq start --config /etc/meshmq/meshmq.conf --set log.to=file
meshmq_ctl --config /etc/meshmq/meshmq.conf status
meshmq_ctl --config /etc/meshmq/meshmq.conf conf set log.level=info
meshmq_ctl --config /etc/meshmq/meshmq.conf conf unset log.level
runuser -u meshmq -- meshmq stop --config /etc/meshmq/meshmq.conf
"""
    (debian.root / "tmp/check.sh").write_text(script)
    loopback = "import socket,fcntl,struct; s=socket.socket(); fcntl.ioctl(s,0x8914,struct.pack('16sH14x',b'lo',0x49))"
    inner = f'{sys.executable} -c "{loopback}" && exec chroot {debian.root} sh /tmp/check.sh'
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    begun = time.monotonic()
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", inner],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=PATIENCE,
    )
    print(done.stdout + done.stderr, f"({time.monotonic() - begun:.1f} s)")
    if done.returncode or "is started\n" not in done.stdout or "log.level: changed" not in done.stdout:
        sys.exit("the node does not run as it should")
    expect(debian.has("/var/log/meshmq/meshmq.log"), True, "it has written its log")


def check_service(debian):
    """Booted by systemd in a container without network: started at boot, reloaded, watched, stopped."""
    debian.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "systemd-sysv", network=True)
    (debian.root / "srv/check.sh").write_text(SERVICE_SCRIPT)
    (debian.root / "etc/systemd/system/check.service").write_text(
        "[Unit]\nAfter=meshmq.service\n[Service]\nType=oneshot\nStandardOutput=file:/srv/check.out\n"
        "StandardError=inherit\nExecStart=sh /srv/check.sh\nExecStopPost=systemctl --no-block poweroff\n"
    )
    wanted = debian.root / "etc/systemd/system/multi-user.target.wants"
    wanted.mkdir(exist_ok=True)
    (wanted / "check.service").symlink_to("/etc/systemd/system/check.service")
    # A test has not the patience of a watchdog.
    drop_in = debian.root / "etc/systemd/system/meshmq.service.d"
    drop_in.mkdir()
    (drop_in / "quick.conf").write_text("[Service]\nWatchdogSec=3\nTimeoutAbortSec=1\n")
    output = debian.root / "srv/check.out"
    output.unlink(missing_ok=True)
    try:
        subprocess.run(
            ["systemd-nspawn", "--quiet", f"--directory={debian.root}", "--private-network", "--boot"]
            + ["--register=no", "--keep-unit", "--console=pipe"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=2 * PATIENCE,
            check=False,
        )
    finally:
        shutil.rmtree(drop_in)
        (wanted / "check.service").unlink()
        said = output.read_text() if output.exists() else "nothing was run"
        print(said)
    if "\nthe service is as it should be\n" not in said:
        sys.exit("the service does not run as it should")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("package", type=pathlib.Path)
    parser.add_argument("--root")
    arguments = parser.parse_args()
    missing = [package for command, package in TOOLS.items() if not shutil.which(command)]
    if missing:
        sys.exit("missing: apt-get install " + " ".join(missing))
    lintian = subprocess.run(
        ["lintian", "--fail-on", "error", arguments.package], capture_output=True, text=True, check=False
    )
    print(lintian.stdout + lintian.stderr)
    if lintian.returncode:
        sys.exit("lintian finds errors")
    directory = arguments.root or tempfile.mkdtemp(prefix="meshmq-debian-")
    try:
        debian = Debian(directory)
        # Nothing is started by packages: there is no systemd.
        policy = debian.root / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        # A run before may have broken off.
        debian.run("sh", "-c", "dpkg --purge meshmq >/dev/null 2>&1 || true")
        shutil.copy(arguments.package, debian.root / "tmp/meshmq.deb")
        debian.run("apt-get", "update", "-qq", network=True)
        debian.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "/tmp/meshmq.deb", network=True)
        check_files(debian)
        check_node(debian)
        check_service(debian)
        debian.run("apt-get", "remove", "-y", "-qq", "meshmq")
        expect(debian.has("/etc/meshmq/meshmq.conf"), True, "removed, its configuration stays")
        expect(debian.has("/var/lib/meshmq"), True, "and its data")
        debian.run("apt-get", "purge", "-y", "-qq", "meshmq")
        for path in ("/etc/meshmq/meshmq.conf", "/var/lib/meshmq", "/var/log/meshmq"):
            expect(debian.has(path), False, f"purged, {path} stays")
    finally:
        if not arguments.root:
            shutil.rmtree(directory)
    print("the package is as it should be")


if __name__ == "__main__":
    main()
