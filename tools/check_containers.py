#!/usr/bin/env python3
"""The Dockerfile is one, and a node takes the settings that it and docker-compose.yml give.

usage: check_containers.py MESHMQ

MESHMQ is the program: `check-config` reads what a container of each service would have in its environment.
"""

import os
import pathlib
import re
import subprocess
import sys

import yaml

from sources import ROOT

DOCKER = ROOT / "packaging/docker"
JS = ROOT / "tests/e2e/js"


def dockerfile_problems(path):
    done = subprocess.run(["node", JS / "dockerfile.js", path], capture_output=True, text=True, check=False)
    return done.stdout.splitlines() + done.stderr.splitlines()


def image_environment(dockerfile):
    """Of the last stage."""
    text = dockerfile.rpartition("\nFROM ")[2].replace("\\\n", " ")
    assignments = " ".join(re.findall(r"^ENV (.*)$", text, re.MULTILINE))
    return dict(re.findall(r"(\w+)=(\S+)", assignments))


def filled(value):
    """As compose does: the variable, which must be given."""
    return re.sub(r"\$\{\w+:\?[^}]*\}", "given", str(value))


def config_problems(meshmq, service, environment):
    done = subprocess.run(
        [meshmq, "check-config", "--config", ROOT / "etc/meshmq.conf"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], **environment},
    )
    said = (done.stdout + done.stderr).strip()
    return [] if done.returncode == 0 else [f"{service}: {said}"]


def compose_problems(meshmq, image):
    compose = yaml.safe_load((DOCKER / "docker-compose.yml").read_text())
    problems = []
    seeds, names, volumes = set(), set(), set()
    for service, settings in compose["services"].items():
        given = {key: filled(value) for key, value in settings["environment"].items()}
        problems += config_problems(meshmq, service, {**image, **given})
        seeds.add(given["MESHMQ_CLUSTER__STATIC__SEEDS"])
        names.add(given["MESHMQ_NODE__NAME"])
        volumes |= {volume.split(":")[0] for volume in settings["volumes"]}
        host = given["MESHMQ_NODE__NAME"].partition("@")[2]
        if host not in settings["networks"]["mesh"]["aliases"]:
            problems.append(f"{service}: nobody finds {host}: it is no alias")
        if not (DOCKER / settings["build"]["context"] / settings["build"]["dockerfile"]).is_file():
            problems.append(f"{service}: there is no {settings['build']['dockerfile']}")
    if {",".join(sorted(names))} != seeds:
        problems.append(f"seeds {seeds} are not the nodes {names}")
    if volumes != set(compose["volumes"]) or len(volumes) != len(names):
        problems.append("each node needs a volume of its own")
    return problems


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip())
        return 2
    meshmq = pathlib.Path(sys.argv[1])
    dockerfile = (DOCKER / "Dockerfile").read_text()
    problems = dockerfile_problems(DOCKER / "Dockerfile")
    problems += config_problems(meshmq, "image", image_environment(dockerfile))
    problems += compose_problems(meshmq, image_environment(dockerfile))
    print("\n".join(problems) or "image and composition are as nodes want them")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
