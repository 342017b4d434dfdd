#!/usr/bin/env python3
"""Manual pages that the program writes have no faults that man(1) sees; shells complete what it writes for them.

usage: check_manual.py WRITE_MANUAL_PROGRAM MESHMQ MESHMQ_CTL

Both have every option that the programs' own --help names, and no other.
"""

import pathlib
import re
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


def helped(program, *words):
    """Options that --help names, of the subcommands too."""
    text = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True).stdout
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))
    subcommands = re.findall(r"^  ([a-z-]+) ", text.partition("\nSubcommands:\n")[2], re.MULTILINE)
    return options.union(*(helped(program, word) for word in subcommands))


def offered_by_bash(directory, typed):
    command = ["bash", "-c", COMPLETE, "complete", directory / "meshmq.bash", *typed]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return set(done.stdout.split()), done.stderr


def option_problems(directory, program):
    name = pathlib.Path(program).name
    wanted = helped(program)
    # roff writes a dash of an option as `\-`.
    page = (directory / f"{name}.1").read_text().replace("\\-", "-")
    described = set(re.findall(r"--[a-z][a-z-]*", page)) | {"--help"}
    if wanted - described:
        yield f"{name}.1 says nothing of {sorted(wanted - described)}"
    # The other page has the options of commands too.
    if name == "meshmq" and described - wanted:
        yield f"{name}.1 describes {sorted(described - wanted)}, which it does not know"
    offered, _ = offered_by_bash(directory, [name, "--"] if name == "meshmq_ctl" else [name, "foreground", "--"])
    if offered != wanted:
        yield f"bash offers {sorted(offered)}, {name} knows {sorted(wanted)}"


def problems_of(directory, programs):
    for program in programs:
        yield from option_problems(directory, program)
    for page in ("meshmq.1", "meshmq_ctl.1", "meshmq.conf.5"):
        command = ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", directory / page]
        environment = {"MANWIDTH": "80", "PATH": PATH}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode or done.stderr or not done.stdout:
            yield f"{page}: {done.stderr or 'nothing is printed'}"
    for typed, wanted, unwanted in TYPED:
        offered, errors = offered_by_bash(directory, typed)
        if errors or not wanted <= offered or unwanted in offered:
            yield f"bash, {' '.join(typed)}: {sorted(offered)} {errors}"
    for name in ("_meshmq", "_meshmq_ctl"):
        done = subprocess.run(["zsh", "-n", directory / name], capture_output=True, text=True, check=False)
        if done.returncode or done.stderr:
            yield f"zsh, {name}: {done.stderr}"


PATH = "/usr/bin:/bin"


def main():
    if len(sys.argv) != 4:
        print(__doc__.strip())
        return 2
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.argv[1], directory], check=True)
        problems = list(problems_of(pathlib.Path(directory), sys.argv[2:]))
    print("\n".join(problems) or "manual pages and completion are well-formed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
