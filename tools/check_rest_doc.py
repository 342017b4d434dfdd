#!/usr/bin/env python3
"""docs/rest-api.md ends with the reference that the program prints of its own table of routes.

usage: check_rest_doc.py REST_REFERENCE_PROGRAM [--update]
"""

import subprocess
import sys

from sources import ROOT

HEAD = "## Reference\n\n"


def main():
    if len(sys.argv) < 2:
        print(__doc__.strip())
        return 2
    reference = subprocess.run([sys.argv[1]], capture_output=True, text=True, check=True).stdout
    path = ROOT / "docs/rest-api.md"
    expected = path.read_text().partition(HEAD)[0] + HEAD + reference.rstrip("\n") + "\n"
    if path.read_text() == expected:
        print("docs/rest-api.md has every route")
        return 0
    if "--update" in sys.argv:
        path.write_text(expected)
        return 0
    print(f"docs/rest-api.md is behind the program: run {' '.join(sys.argv)} --update")
    return 1


if __name__ == "__main__":
    sys.exit(main())
