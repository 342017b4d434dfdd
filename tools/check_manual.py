#!/usr/bin/env python3
"""Manual pages that the program writes have no faults that man(1) sees; shells complete what it writes for them.

usage: check_manual.py WRITE_MANUAL_PROGRAM MESHMQ MESHMQ_CTL

Both have every option that the programs' own --help names, and no other.
"""

import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

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


class Zsh:
    """One at a terminal, as a user has it, who presses the key for a list of what fits."""

    PATIENCE = 20

    def __init__(self, directory):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            # Wide and high enough for every list.
            environment = {"PATH": PATH, "TERM": "dumb", "HOME": str(directory), "COLUMNS": "500", "LINES": "100"}
            os.execvpe("zsh", ["zsh", "-f", "-i"], environment)
        self.seen = ""
        self.type(f"fpath=({directory} $fpath); autoload -Uz compinit; compinit -u -D; bindkey '^I' list-choices\n")
        self.type("unsetopt zle_bracketed_paste beep; LISTMAX=10000; PROMPT=; print REA''DY\n")
        self.read_until("READY\r\n")

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def read_while(self, waiting):
        deadline = time.monotonic() + self.PATIENCE
        while waiting() and time.monotonic() < deadline:
            ready, _, _ = select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))
            if ready:
                self.seen += os.read(self.terminal, 65536).decode(errors="replace")

    def read_until(self, end):
        self.read_while(lambda: end not in self.seen)
        before, _, self.seen = self.seen.partition(end)
        return before

    def offered(self, line, wanted):
        """What is printed; waits for `wanted`, because keys that come before the list make zsh leave it out."""
        self.type(line + "\t")
        self.read_while(lambda: not wanted <= set(self.seen.split()))
        self.type("\x15print DO''NE\n")
        return set(self.read_until("DONE\r\n").split()) - set(line.split()[:-1])

    def end(self):
        self.type("exit\n")
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


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
    zsh = Zsh(directory)
    for typed, wanted, unwanted in TYPED:
        offered = zsh.offered(" ".join(typed), wanted)
        if not wanted <= offered or unwanted in offered:
            yield f"zsh, {' '.join(typed)}: {sorted(offered)}"
    zsh.end()


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
