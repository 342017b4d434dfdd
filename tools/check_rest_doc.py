#!/usr/bin/env python3
"""A document ends with the reference that a program prints of its own tables: docs/rest-api.md, by default.

usage: check_rest_doc.py REST_REFERENCE_PROGRAM [--update]
"""

import subprocess
import sys

from sources import ROOT

HEAD = "## Reference\n\n"


def main(document="docs/rest-api.md"):
    if len(sys.argv) < 2:
        print(__doc__.strip())
        return 2
    reference = subprocess.run([sys.argv[1]], capture_output=True, text=True, check=True).stdout
    path = ROOT / document
    expected = path.read_text().partition(HEAD)[0] + HEAD + reference.rstrip("\n") + "\n"
    if path.read_text() == expected:
        print(f"{document} has all of it")
        return 0
    if "--update" in sys.argv:
        path.write_text(expected)
        return 0
    print(f"{document} is behind the program: run {' '.join(sys.argv)} --update")
    return 1


if __name__ == "__main__":
    sys.exit(main())
