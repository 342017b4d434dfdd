#!/usr/bin/env python3
"""docs/conformance.md and the tree say the same.

Each row names a place in the code and what shows that it holds: a packet script with a case of this number, a unit
test, an end-to-end test, or `gap: why`. Each number of a script's case has a row that names the script, each number
that the code cites a row of either version.

usage: check_conformance.py [--self-test]
"""

import re
import sys

from sources import ROOT, files

VERSION = re.compile(r"^## MQTT (\S+)$")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+-\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$")
PLACE = re.compile(r"^`([^`]+)`(?: (\w+))?$")
TEST = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)
NUMBER = re.compile(r"\[MQTT-(\d+\.\d+\.\d+-\d+)\]")


def cases_of(text):
    """Numbers of the statements that the cases of one script show."""
    lines = [line for line in text.splitlines() if line.startswith("case ")]
    return {number for line in lines for number in NUMBER.findall(line)}


class Tree:
    """What there is to be named."""

    def __init__(self):
        self.scripts = {}  # (version, name) -> numbers
        for path in (ROOT / "tests/scripts").glob("*/*.mqtt"):
            self.scripts[(path.parent.name, path.stem)] = cases_of(path.read_text())
        self.tests = set()
        self.cited = {}  # number -> a file
        for path in files(".cpp", ".hpp"):
            text = (ROOT / path).read_text()
            self.cited.update(dict.fromkeys(NUMBER.findall(text), path))
            if path.name.endswith("_test.cpp"):
                self.tests |= {f"{suite}.{name}" for suite, name in TEST.findall(text)}

    def place_problem(self, text):
        place = PLACE.match(text)
        if not place:
            return f"'{text}' is no place in the code"
        path = ROOT / "src" / place[1]
        if not path.is_file():
            return f"there is no src/{place[1]}"
        if place[2] and not re.search(rf"\b{place[2]}\b", path.read_text()):
            return f"src/{place[1]} has no {place[2]}"
        return None

    def test_problem(self, version, number, name):
        if name.startswith("e2e/"):
            return None if (ROOT / "tests" / name).is_file() else f"there is no tests/{name}"
        if "." in name:
            return None if name in self.tests else f"there is no test {name}"
        if number not in self.scripts.get((version, name), ()):
            return f"tests/scripts/{version}/{name}.mqtt has no case of this number"
        return None


def check(text, tree):
    """Problems of the document, one line each."""
    problems = []
    version, seen = None, {}
    for line in text.splitlines():
        if head := VERSION.match(line):
            version = head[1]
        row = ROW.match(line)
        if not row:
            if re.match(r"^\| *\d", line):
                problems.append(f"not understood: {line}")
            continue
        number, place, tests = row[1], row[3].strip(), row[4].strip()
        where = f"{version} {number}"
        if (version, number) in seen:
            problems.append(f"{where}: stands there twice")
        if tests.startswith("gap: "):
            seen[(version, number)] = set()
            continue
        names = [name.strip("`") for name in tests.split(", ")]
        seen[(version, number)] = set(names)
        found = [tree.place_problem(place)] + [tree.test_problem(version, number, name) for name in names]
        problems += [f"{where}: {problem}" for problem in found if problem]
    for (script_version, name), numbers in sorted(tree.scripts.items()):
        for number in sorted(numbers):
            if name not in seen.get((script_version, number), ()):
                problems.append(f"{script_version} {number}: its row does not name the script {name}")
    known = {number for _, number in seen}
    unknown = {number: path for number, path in tree.cited.items() if number not in known}
    return problems + [f"{path} cites {number}, which has no row" for number, path in unknown.items()]


def self_test():
    tree = Tree.__new__(Tree)
    tree.scripts = {("5.0", "connect"): {"3.1.0-1"}}
    tree.tests = {"Connect.MustBeTheFirstPacket"}
    tree.cited = {"3.1.0-1": "src/broker/broker.cpp"}
    shown = "`connect`, `Connect.MustBeTheFirstPacket`"
    good = f"## MQTT 5.0\n| 3.1.0-1 | first | `broker/broker.cpp` handle_first | {shown} |\n"
    assert check(good, tree) == [], check(good, tree)
    for old, new in [
        ("broker.cpp", "brokre.cpp"),
        ("handle_first", "handle_furst"),
        ("`connect`, ", ""),
        ("`connect`", "`subscribe`"),
        ("Connect.MustBe", "Connect.MayBe"),
        ("3.1.0-1", "3.1.0-2"),
        ("## MQTT 5.0", "## MQTT 3.1.1"),
        ("| first ", "| first | second "),
        ("\n", "\n" + good.splitlines()[1] + "\n"),
    ]:
        assert check(good.replace(old, new), tree), f"{old} -> {new} was not seen"
    tree.cited["3.1.0-9"] = "src/broker/broker.cpp"
    assert check(good, tree), "a citation was not seen"
    print("sees what it should")
    return 0


def main():
    if "--self-test" in sys.argv:
        return self_test()
    text = (ROOT / "docs/conformance.md").read_text()
    problems = check(text, Tree())
    for problem in problems:
        print(f"docs/conformance.md: {problem}")
    if problems:
        return 1
    rows = [row for row in map(ROW.match, text.splitlines()) if row]
    gaps = sum(row[4].strip().startswith("gap: ") for row in rows)
    print(f"{len(rows)} statements, {gaps} gaps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
