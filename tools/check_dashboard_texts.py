#!/usr/bin/env python3
"""The dashboard says in Chinese what the broker says in English: every help of the schema, every refusal of the API.

usage: check_dashboard_texts.py CONFIG_KEYS_PROGRAM

The tables (dashboard/src/zh_*.ts) have the broker's texts as keys, with {names} where these have values. A text of the
schema that no key fits is missing; a key that fits no text, or whose words stand nowhere in the sources, is stale.
"""

import json
import re
import subprocess
import sys

from sources import ROOT

ENTRY = re.compile(r'^  (?:"((?:[^"\\]|\\.)*)"|(\w+)):\s*"((?:[^"\\]|\\.)*)",$', re.MULTILINE)
PLACEHOLDER = re.compile(r"\{(\w+)\}")
LITERALS = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*')
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
# A refusal whose whole text stands there.
REFUSAL = re.compile(r'(?:\bfail|::failure)\(Code::\w+,\s*("(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*)\s*[,)]')


def table(name):
    text = (ROOT / "dashboard/src" / name).read_text().rpartition("Record<string, string> = {")[2]
    entries = {json.loads(f'"{quoted or word}"'): translation for quoted, word, translation in ENTRY.findall(text)}
    lines = len(re.findall(r'^  (?:"|\w+: *"|\w+:$)', text, re.MULTILINE))
    assert entries and lines == len(entries), f"{name}: {lines - len(entries)} entries cannot be read"
    return entries


def shape(english):
    parts = PLACEHOLDER.split(english)
    return re.compile("".join(".+?" if i % 2 else re.escape(part) for i, part in enumerate(parts)), re.DOTALL)


def joined(literals):
    return "".join(LITERAL.findall(literals)).replace('\\"', '"').replace("\\n", "\n")


def schema_texts(program):
    rows = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    for row in rows:
        _, _, expects, effect, meaning = row.strip()[1:-1].split(" | ")
        yield from (expects.strip(), effect.strip(), meaning.strip())


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip())
        return 2
    settings, refusals = table("zh_settings.ts"), table("zh_refusals.ts")
    texts = set(schema_texts(sys.argv[1]))
    sources = [path for path in sorted((ROOT / "src").rglob("*.?pp")) if not path.name.endswith("_test.cpp")]
    said = [joined(found) for path in sources for found in LITERALS.findall(path.read_text())]
    everything = "\0".join(said)
    whole = set()
    for path in (path for path in sources if path.parent.name == "rest"):
        whole.update(joined(found).strip() for found in REFUSAL.findall(path.read_text()))
    problems = []
    for text in sorted(texts | whole):
        tables = settings if text in texts else refusals
        if text not in tables and not any(shape(key).fullmatch(text) for key in tables if PLACEHOLDER.search(key)):
            problems.append(f"has no Chinese text: {text}")
    for key in settings:
        if key not in texts and not any(shape(key).fullmatch(text) for text in texts):
            problems.append(f"zh_settings.ts: nothing says: {key}")
    for key in refusals:
        words = [part.strip() for part in PLACEHOLDER.split(key)[::2]]
        if not all(part in everything for part in words):
            problems.append(f"zh_refusals.ts: nothing says: {key}")
    for key, translation in {**settings, **refusals}.items():
        if set(PLACEHOLDER.findall(translation)) - set(PLACEHOLDER.findall(key)):
            problems.append(f"has names that its English text lacks: {translation}")
    for problem in problems:
        print(problem)
    if problems:
        print("English: Chinese stands in dashboard/src/zh_settings.ts (keys), zh_refusals.ts (all else)")
    else:
        print(f"{len(texts)} texts of the schema and {len(refusals)} others are there in Chinese")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
