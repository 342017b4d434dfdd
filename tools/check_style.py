#!/usr/bin/env python3
"""Our style as a test: sizes, headers, leftovers, and forms that the compiler gets wrong.

usage: check_style.py [--self-test]
"""

import re
import sys

from sources import ROOT, code_of, files, rooms

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
LINE_COLUMNS_MAX = {".cpp": 110, ".hpp": 110}  # others: 120
PURE_MAX = 3
TEXT = {".cpp", ".hpp", ".py", ".sh", ".mjs", ".js", ".md", ".txt", ".cmake", ".json", ".conf", ".erl", ".yml", ""}

LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))")
# Spelled in pieces, so that this file passes its own test.
MACHINE_PATH = re.compile(r"(?<![\w.])/(wo" r"rk|fa" r"rm|ro" r"ot)/[\w.]|/ho" r"me/\w+/|bash_jo" r"bs|\.lib" r"rary/")
REGISTRY = re.compile(r"registry\.npm" r"js|deb\.deb" r"ian\.org|proxy\.go" r"lang|py" r"pi\.org|crat" r"es\.io")
MAKING = re.compile(
    r"\b(cla" r"ude|anthro" r"pic|open" r"ai|chat" r"gpt|copi" r"lot|LL" r"M|language mod" r"el|sub-?ag" r"ents?"
    r"|AI[- ](gener" r"ated|assis" r"ted|writ" r"ten))\b",
    re.IGNORECASE,
)
USING_NAMESPACE = re.compile(r"^\s*using namespace\b(?! std::(chrono_)?literals)", re.MULTILINE)
IMPURE = re.compile(
    r"#\s*include\s*<(iostream|fstream|sstream|thread|mutex|condition_variable|future|random|filesystem|boost/asio.*)>"
)
CO_AWAIT = re.compile(r"\bco_await\b")
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum)\b|extern\s*\"")
SIGNATURE_END = re.compile(r"\)\s*(const|noexcept|override|final|->.*)*\s*$")
CAPTURING_LAMBDA = re.compile(r"\[[^\]]+\]\s*(\([^)]*\))?\s*(mutable)?\s*\{")
BRACED = re.compile(r"[\w(,>]\s*\{")


def functions(code):
    """(first line, lines) of every function body outside other functions."""
    stack = []  # True: a scope that holds declarations; False: a body
    start = 0  # where the text of the declaration that comes next begins
    opened = 0
    for position, char in enumerate(code):
        if char == "{":
            head = code[start:position]
            outer = all(stack)
            scope = outer and bool(SCOPE.search(head)) and not SIGNATURE_END.search(head)
            initialiser = head.rstrip().endswith(("=", ",", "(", "return"))
            if outer and not scope:
                opened = None if initialiser else position
            stack.append(scope)
            start = position + 1
        elif char == "}":
            if stack and not stack.pop() and all(stack) and opened is not None:
                first = code.count("\n", 0, opened) + 1
                yield first, code.count("\n", opened, position) + 1
            start = position + 1
        elif char == ";" and all(stack):
            start = position + 1


def expression_after(code, position):
    """The text from position to the end of its statement."""
    depth = 0
    for end in range(position, len(code)):
        if code[end] in "([{":
            depth += 1
        elif code[end] in ")]}":
            depth -= 1
            if depth < 0:
                return code[position:end]
        elif code[end] == ";" and depth == 0:
            return code[position:end]
    return code[position:]


def check_co_await(code):
    """g++ 12 destroys braced temporaries and capturing lambdas inside a co_await expression twice."""
    for match in CO_AWAIT.finditer(code):
        expression = expression_after(code, match.end())
        if BRACED.search(expression) or CAPTURING_LAMBDA.search(expression):
            line = code.count("\n", 0, match.start()) + 1
            yield line, "name it first: no braces and no capturing lambda in a co_await expression"


def check_cpp(path, text, layers):
    code = code_of(text)
    if path.suffix == ".hpp":
        if "#pragma once" not in text.split("\n", 1)[0]:
            yield 1, "a header begins with #pragma once"
        for match in USING_NAMESPACE.finditer(code):
            yield code.count("\n", 0, match.start()) + 1, "no `using namespace` in a header"
    for first, lines in functions(code):
        if lines > FUNCTION_LINES_MAX:
            yield first, f"function of {lines} lines; the limit is {FUNCTION_LINES_MAX}"
    if path.parts[0] == "src" and layers.get(path.parts[1], 9) <= PURE_MAX and not path.stem.endswith("_test"):
        for match in IMPURE.finditer(code):
            yield code.count("\n", 0, match.start()) + 1, f"<{match.group(1)}> has no place in layers 0 to {PURE_MAX}"
    yield from check_co_await(code)


def check_text(path, text):
    lines = text.split("\n")
    code = path.suffix in (".cpp", ".hpp", ".py", ".sh", ".mjs")
    columns_max = LINE_COLUMNS_MAX.get(path.suffix, 120)
    if code and len(lines) - 1 > FILE_LINES_MAX:
        yield len(lines) - 1, f"file of {len(lines) - 1} lines; the limit is {FILE_LINES_MAX}"
    for number, line in enumerate(lines, 1):
        if code and len(line) > columns_max:
            yield number, f"line of {len(line)} columns; the limit is {columns_max}"
        if code and path.name != "check_style.py" and LEFTOVER.search(line):
            yield number, "a leftover needs the number of its issue: write (#n) behind it"
        if MACHINE_PATH.search(line):
            yield number, "a path of one particular machine"
        if REGISTRY.search(line):
            yield number, "no names of package registries"
        if MAKING.search(line):
            yield number, "say what the thing does, not how it was made"


def self_test():
    bodies = lambda code: [lines for _, lines in functions(code_of(code))]  # noqa: E731
    assert bodies("namespace a {\nint f() {\n  if (x) {\n  }\n}\n}\n") == [4]
    assert bodies("struct S : B<int> {\n  S() : a_{1},\n b_(2) {\n }\n};") == [1, 2]
    assert bodies('const T t[] = {\n {1, "}"},\n {2, 3}};\n') == []
    assert list(check_co_await("co_await f(Opt{1, 2});")) and list(check_co_await("co_await g([x] { return x; });"))
    assert list(check_co_await("co_await f({1, 2});"))
    assert not list(check_co_await("co_await f(named, token[0]);\nT t{1};"))
    assert LEFTOVER.search("// TODO later") and not LEFTOVER.search("// TODO(#12) later")
    assert code_of('a("x//y"); // c') == 'a("    ");     '
    assert code_of("1'000 + 'x'") == "1'000 + \" \""
    print("the checks catch what they should")


def main():
    if "--self-test" in sys.argv:
        self_test()
        return 0
    layers = rooms()
    problems = []
    for path in files():
        if any(part.startswith("-") for part in path.parts):
            problems.append(f"{path}: a name that begins with a dash: an option that was taken for a file?")
        if path.suffix not in TEXT or path.name == "package-lock.json":
            continue
        try:
            text = (ROOT / path).read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        found = list(check_text(path, text))
        if path.suffix in (".cpp", ".hpp"):
            found += check_cpp(path, text, layers)
        problems += [f"{path}:{line}: {what}" for line, what in found]
    print("\n".join(problems) or "style is kept")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
