#!/usr/bin/env python3
"""docs/cli.md ends with the words of both programs.

usage: check_cli_doc.py WRITE_MANUAL_PROGRAM [--update]
"""

import sys

import check_rest_doc

if __name__ == "__main__":
    sys.exit(check_rest_doc.main("docs/cli.md"))
