#!/usr/bin/env python3
"""Manual pages that the program writes have no faults that man(1) sees; shells complete what it writes for them.

usage: check_manual.py WRITE_MANUAL_PROGRAM
"""

import pathlib
import subprocess
import sys
import tempfile

# What is typed, the last word not yet whole -> some words that must be offered, one that must not.
TYPED = [
    (["meshmq_ctl", ""], {"cluster", "conf", "listeners"}, "status2"),
    (["meshmq_ctl", "--node", "n@h", "cluster", "j"], {"join"}, "leave"),
    (["meshmq_ctl", "acl", "add", ""], {"clientid", "username", "_all"}, "list"),
    (["meshmq_ctl", "--j"], {"--json"}, "--node"),
    (["meshmq", "che"], {"check-config"}, "start"),
]
COMPLETE = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_$1"; printf "%s\\n" "${COMPREPLY[@]}"'


def problems_of(directory):
    for page in ("meshmq.1", "meshmq_ctl.1", "meshmq.conf.5"):
        command = ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", directory / page]
        environment = {"MANWIDTH": "80", "PATH": PATH}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode or done.stderr or not done.stdout:
            yield f"{page}: {done.stderr or 'nothing is printed'}"
    for typed, wanted, unwanted in TYPED:
        command = ["bash", "-c", COMPLETE, "complete", directory / "meshmq.bash", *typed]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        offered = set(done.stdout.split())
        if done.stderr or not wanted <= offered or unwanted in offered:
            yield f"bash, {' '.join(typed)}: {sorted(offered)} {done.stderr}"
    for name in ("_meshmq", "_meshmq_ctl"):
        done = subprocess.run(["zsh", "-n", directory / name], capture_output=True, text=True, check=False)
        if done.returncode or done.stderr:
            yield f"zsh, {name}: {done.stderr}"


PATH = "/usr/bin:/bin"


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip())
        return 2
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.argv[1], directory], check=True)
        problems = list(problems_of(pathlib.Path(directory)))
    print("\n".join(problems) or "manual pages and completion are well-formed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
