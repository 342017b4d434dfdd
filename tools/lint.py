#!/usr/bin/env python3
"""clang-format as a check on every file, then clang-tidy on every source file of the product.

usage: lint.py --build DIR [--jobs N] [FILE...]

A file is tidied again only if it, a header of ours or .clang-tidy changed since it was last found clean (DIR/lint/).
"""

import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import time

from sources import ROOT, files

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


def fingerprint(path):
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for part in [path, *sorted(own_includes(path, set()))]:
        digest.update((ROOT / part).read_bytes())
    return digest.hexdigest()


def tidy(path, build):
    """The complaints about one file; empty if it is clean."""
    stamp = build / "lint" / str(path).replace("/", "_")
    mark = fingerprint(path)
    if stamp.exists() and stamp.read_text() == mark:
        return ""
    outcome = subprocess.run(
        ["clang-tidy", "-quiet", "-p", str(build), str(path)], cwd=ROOT, capture_output=True, text=True
    )
    if outcome.returncode != 0:
        return outcome.stdout + (outcome.stderr if "error:" not in outcome.stdout else "")
    stamp.parent.mkdir(parents=True, exist_ok=True)
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
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for complaints in pool.map(lambda path: tidy(path, ROOT / options.build), sources):
            if complaints:
                clean = False
                print(complaints, end="", flush=True)
    print(f"{len(sources)} files {'are clean' if clean else 'looked at'}, {time.monotonic() - start:.0f} s")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
