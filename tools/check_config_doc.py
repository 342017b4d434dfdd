#!/usr/bin/env python3
"""docs/configuration.md lists the keys that the program knows, with its defaults.

usage: check_config_doc.py CONFIG_KEYS_PROGRAM [--update]
"""

import subprocess
import sys

from sources import ROOT

HEAD = "| key | default | value | a change counts | meaning |"


def main():
    if len(sys.argv) < 2:
        print(__doc__.strip())
        return 2
    table = subprocess.run([sys.argv[1]], capture_output=True, text=True, check=True).stdout
    path = ROOT / "docs/configuration.md"
    before, head, behind = path.read_text().partition(HEAD)
    rows = (head + behind).splitlines(keepends=True)
    rest = "".join(line for line in rows if not line.startswith("|"))
    expected = before + table + rest
    if path.read_text() == expected:
        print("docs/configuration.md has every key")
        return 0
    if "--update" in sys.argv:
        path.write_text(expected)
        return 0
    print(f"docs/configuration.md is behind the program: run {' '.join(sys.argv)} --update")
    return 1


if __name__ == "__main__":
    sys.exit(main())
