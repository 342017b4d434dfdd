#!/usr/bin/env python3
"""Every include goes down a layer: never up, never sideways.

The layers stand in docs/architecture.md; the rooms' CMakeLists.txt must say the same. A room includes only rooms
that it names under DEPS, directly or through them. The simulator runs the pure rooms (layers 0 to 3), nothing above.
"""

import re
import sys

from sources import ROOT, files, rooms

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
MODULE = re.compile(r"meshmq_module\((.*?)\n?\)", re.DOTALL)
PURE_MAX = 3


def declared_modules():
    """Room -> (layer, deps) as the CMake files declare them."""
    modules = {}
    for path in (ROOT / "src").glob("*/CMakeLists.txt"):
        for body in MODULE.findall(path.read_text()):
            words = body.split()
            name = words[words.index("NAME") + 1]
            layer = int(words[words.index("LAYER") + 1])
            deps = []
            if "DEPS" in words:
                for word in words[words.index("DEPS") + 1 :]:
                    if word.isupper():
                        break
                    deps.append(word)
            modules[name] = (layer, deps)
    return modules


def reachable(modules, room):
    seen, todo = set(), [room]
    while todo:
        for dep in modules.get(todo.pop(), (0, []))[1]:
            if dep not in seen:
                seen.add(dep)
                todo.append(dep)
    return seen


def main():
    layers = rooms()
    modules = declared_modules()
    problems = []
    for name, (layer, _) in sorted(modules.items()):
        if layers.get(name) != layer:
            problems.append(f"src/{name}: CMakeLists.txt says layer {layer}, docs/architecture.md {layers.get(name)}")
    for path in files(".cpp", ".hpp"):
        top, room = path.parts[0], path.parts[1]
        if top not in ("src", "sim"):
            continue
        for target in INCLUDE.findall((ROOT / path).read_text()):
            other = target.split("/")[0]
            if top == "sim":
                if other in layers and layers[other] > PURE_MAX:
                    problems.append(f"{path}: includes {target}; the simulator runs layers 0 to {PURE_MAX} only")
                continue
            if room not in layers:
                problems.append(f"{path}: src/{room} is missing in the table of docs/architecture.md")
                break
            if other == room:
                continue
            if "/" not in target or other not in layers:
                problems.append(f'{path}: write #include "{target}" with its room, as "room/file.hpp"')
            elif layers[other] >= layers[room]:
                problems.append(f"{path}: {room} (layer {layers[room]}) includes {target} (layer {layers[other]})")
            elif room in modules and other not in reachable(modules, room):
                problems.append(f"{path}: includes {target}, but src/{room}/CMakeLists.txt has no {other} under DEPS")
    print("\n".join(sorted(set(problems))) or "every include goes down")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
