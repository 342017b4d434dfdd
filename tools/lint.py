#!/usr/bin/env python3
"""clang-format as a check on every file, then clang-tidy on every source file of the product.

usage: lint.py --build DIR [--jobs N] [FILE...]

Without FILEs the files of a room are looked at a few at a time, as one, which reads what they all include once; rooms
marked SEPARATE (cmake/Module.cmake), and files with SKIP_UNITY_BUILD_INCLUSION, one by one. What was clean is tidied
again only if it, a header of ours or .clang-tidy changed since (DIR/lint/).
"""

import argparse
import concurrent.futures
import hashlib
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import time

from sources import ROOT, files

FILES_AT_ONCE = 6
ALONE = re.compile(r"set_source_files_properties\(([^)]*) PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON\)")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def check_format(paths):
    outcome = subprocess.run(["clang-format", "--dry-run", "-Werror", *map(str, paths)], cwd=ROOT)
    return outcome.returncode == 0


def own_includes(path, seen):
    """Adds every file of ours that `path` includes, directly or not."""
    for target in INCLUDE.findall((ROOT / path).read_text()):
        for base in (pathlib.Path("src"), path.parent, pathlib.Path()):
            header = base / target
            if (ROOT / header).is_file() and header not in seen:
                seen.add(header)
                own_includes(header, seen)
                break
    return seen


def fingerprint(paths):
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    seen = set()
    for path in paths:
        own_includes(path, seen)
    for part in [*paths, *sorted(seen)]:
        digest.update((ROOT / part).read_bytes())
    return digest.hexdigest()


def pieces(paths):
    """Lists of files that are compiled as one."""
    for room, members in itertools.groupby(paths, key=lambda path: path.parent):
        lists = ROOT / room / "CMakeLists.txt"
        text = lists.read_text() if lists.is_file() else "SEPARATE"
        size = 1 if "SEPARATE" in text else FILES_AT_ONCE
        alone = " ".join(ALONE.findall(text)).split()
        members = list(members)
        yield from ([path] for path in members if path.name in alone)
        members = [path for path in members if path.name not in alone]
        for first in range(0, len(members), size):
            yield members[first:first + size]


def whole(piece, build, commands):
    """A source that includes all files of the piece; how to compile it stands in DIR/lint/compile_commands.json."""
    source = build / "lint" / f"{str(piece[0]).replace('/', '_')}_and_{len(piece) - 1}.cpp"
    source.write_text("".join(f'#include "{ROOT / path}"\n' for path in piece))
    command = commands[str(ROOT / piece[0])]
    entry = {"directory": command["directory"], "file": str(source)}
    entry["command"] = command["command"].replace(str(ROOT / piece[0]), str(source))
    return entry


def tidy(piece, source, build):
    """The complaints about these files; empty if they are clean."""
    stamp = build / "lint" / (str(piece[0]).replace("/", "_") + f"_{len(piece)}")
    mark = fingerprint(piece)
    if stamp.exists() and stamp.read_text() == mark:
        return ""
    outcome = subprocess.run(
        ["clang-tidy", "-quiet", "-p", str(build / "lint"), str(source)], cwd=ROOT, capture_output=True, text=True
    )
    if outcome.returncode != 0:
        return outcome.stdout + (outcome.stderr if "error:" not in outcome.stdout else "")
    stamp.write_text(mark)
    return ""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build", type=pathlib.Path, required=True, help="a configured build directory")
    arguments.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments.add_argument("paths", nargs="*", type=pathlib.Path, metavar="FILE")
    options = arguments.parse_args()
    start = time.monotonic()
    clean = check_format(options.paths or files(".cpp", ".hpp"))
    sources = options.paths or [p for p in files(".cpp") if not p.stem.endswith("_test") and p.parts[0] == "src"]
    build = ROOT / options.build
    (build / "lint").mkdir(parents=True, exist_ok=True)
    commands = {entry["file"]: entry for entry in json.loads((build / "compile_commands.json").read_text())}
    parts = [[path] for path in options.paths] or list(pieces(sources))
    entries = [whole(part, build, commands) for part in parts]
    (build / "lint" / "compile_commands.json").write_text(json.dumps(entries))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for complaints in pool.map(lambda part, entry: tidy(part, entry["file"], build), parts, entries):
            if complaints:
                clean = False
                print(complaints, end="", flush=True)
    print(f"{len(sources)} files {'are clean' if clean else 'looked at'}, {time.monotonic() - start:.0f} s")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
