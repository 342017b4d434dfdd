#!/usr/bin/env python3
"""Prints what MeshMQ is made of, as CycloneDX 1.5: Debian libraries it is linked with, npm packages of the dashboard.

usage: sbom.py VERSION [BINARY...]

Libraries are those that the binaries ask the dynamic linker for, or, without binaries, all of tools/deps.txt. The same
for the same commit: no serial number, and the time is SOURCE_DATE_EPOCH.
"""

import datetime
import json
import os
import re
import subprocess
import sys

from sources import ROOT


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def packages_of_file(path):
    """The Debian packages that have this file; /lib is /usr/lib."""
    for candidate in (path, path.removeprefix("/usr"), os.path.realpath(path)):
        done = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return {line.split(":")[0] for line in done.stdout.splitlines()}
    return set()


def linked(binaries):
    names = set()
    for binary in binaries:
        for library in re.findall(r"=> (/\S+)", output("ldd", binary)):
            names |= packages_of_file(library)
    return sorted(names)


def listed():
    text = (ROOT / "tools/deps.txt").read_text().partition("# libraries\n")[2].partition("\n\n")[0]
    return sorted(line.split()[0] for line in text.splitlines() if line.strip())


def debian(name):
    version = output("dpkg-query", "-W", "-f", "${Version}\n", name).splitlines()[0]
    return {
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:deb/debian/{name}@{version}?distro=debian-12",
    }


def npm():
    """What the dashboard is built of, if there is one; tools of development are not in it."""
    path = ROOT / "dashboard/package-lock.json"
    if not path.exists():
        return []
    found = []
    for place, package in json.loads(path.read_text())["packages"].items():
        if not place or package.get("dev"):
            continue
        name = place.rpartition("node_modules/")[2]
        found.append(
            {
                "type": "library",
                "name": name,
                "version": package["version"],
                "purl": f"pkg:npm/{name.replace('@', '%40')}@{package['version']}",
            }
        )
    return sorted(found, key=lambda component: (component["name"], component["version"]))


def main():
    if len(sys.argv) < 2:
        print(__doc__.strip())
        return 2
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or output("git", "-C", str(ROOT), "log", "-1", "--format=%ct"))
    binaries = sys.argv[2:]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "name": "meshmq",
                "version": sys.argv[1],
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": [debian(name) for name in (linked(binaries) if binaries else listed())] + npm(),
    }
    print(json.dumps(document, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
