#!/usr/bin/env python3
"""Renders a Helm chart without Helm: what packaging/helm uses of its templates' language, and errors for the rest.

usage: helm_template.py CHART [--values FILE]... [--set KEY=VALUE]... [--name NAME] [--namespace NS] [--json]

Known: values, .Files.Get, pipelines, if / else / with / range, define and include, trimming by `{{-` and `-}}`, and the
functions in FUNCTIONS. Values are checked against values.schema.json, as Helm does. --json prints the objects as one
JSON list.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import pathlib
import re
import sys

# Debian's python3-yaml and python3-jsonschema belong to its own interpreter.
SYSTEM_PYTHON = "/usr/bin/python3"


def need(*modules):
    """Goes on under Debian's Python if this one lacks these modules."""
    if any(importlib.util.find_spec(name) is None for name in modules) and sys.executable != SYSTEM_PYTHON:
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])


need("yaml", "jsonschema")

import jsonschema  # noqa: E402
import yaml  # noqa: E402

ACTION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
WORD = re.compile(r'\s*("(?:\\.|[^"\\])*"|\(|\)|\||:=|,|[^\s()|,]+)')


class TemplateError(Exception):
    pass


# ---------------------------------------------------------------- text -> tree


def trimmed(text):
    """Whitespace goes where an action has a dash on that side."""
    text = re.sub(r"\s*\{\{-\s", "{{ ", text)
    return re.sub(r"\s-\}\}\s*", " }}", text)


def tokens(text):
    """("text", ..) and ("action", ..)."""
    position = 0
    for match in ACTION.finditer(trimmed(text)):
        yield "text", match.string[position : match.start()]
        yield "action", match.group(1).strip()
        position = match.end()
    yield "text", trimmed(text)[position:]


def parse(stream, until=()):
    """A list of nodes up to an action that begins with one of `until`; returns that action too."""
    nodes = []
    for kind, body in stream:
        if kind == "text":
            nodes.append(("text", body))
            continue
        if body.startswith("/*"):
            continue
        keyword, _, rest = body.partition(" ")
        if keyword in until:
            return nodes, body
        if keyword in ("if", "with", "range"):
            nodes.append((keyword, *parse_branches(stream, keyword, rest)))
        elif keyword == "define":
            inner, _ = parse(stream, ("end",))
            nodes.append(("define", rest.strip().strip('"'), inner))
        elif keyword in ("end", "else", "block", "template"):
            raise TemplateError(f"unexpected {{{{ {body} }}}}")
        else:
            nodes.append(("put", body))
    if until:
        raise TemplateError(f"no {{{{ {until[0]} }}}}")
    return nodes, ""


def parse_branches(stream, keyword, condition):
    then, closing = parse(stream, ("end", "else"))
    if closing == "end":
        return condition, then, []
    rest = closing.removeprefix("else").strip()
    if rest.startswith("if "):
        return condition, then, [("if", *parse_branches(stream, "if", rest[3:]))]
    if rest:
        raise TemplateError(f"unknown {{{{ {closing} }}}} of {keyword}")
    otherwise, _ = parse(stream, ("end",))
    return condition, then, otherwise


# ---------------------------------------------------------------- values


def lookup(value, path):
    for name in path:
        if value is None:
            raise TemplateError(f"nothing at .{'.'.join(path)}")
        if not isinstance(value, dict):
            raise TemplateError(f".{'.'.join(path)}: {name} of no map")
        value = value.get(name)
    return value


def text_of(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def to_yaml(value):
    text = yaml.safe_dump(value, default_flow_style=False, sort_keys=True, width=10_000)
    return text.rstrip("\n").removesuffix("\n...")


def required(message, value):
    if value in (None, ""):
        raise TemplateError(message)
    return value


def nindent(count, text):
    return "\n" + "\n".join(" " * count + line if line else line for line in text.split("\n"))


FUNCTIONS = {
    "default": lambda fallback, value=None: value if value else fallback,
    "eq": lambda a, b: a == b,
    "nindent": nindent,
    "not": lambda value: not value,
    "quote": lambda value: json.dumps(text_of(value)),
    "required": required,
    "sha256sum": lambda text: hashlib.sha256(text.encode()).hexdigest(),
    "toYaml": to_yaml,
    "trimSuffix": lambda suffix, text: text.removesuffix(suffix),
    "trunc": lambda count, text: text[:count],
}


class Renderer:
    def __init__(self, root):
        self.root, self.defines = root, {}

    def render(self, nodes, dot, variables):
        return "".join(self.node(node, dot, variables) for node in nodes)

    def node(self, node, dot, variables):
        kind, *rest = node
        if kind == "text":
            return rest[0]
        if kind == "define":
            self.defines[rest[0]] = rest[1]
            return ""
        if kind == "put":
            return text_of(self.pipeline(rest[0], dot, variables))
        condition, then, otherwise = rest
        if kind == "range":
            return self.range(condition, then, otherwise, dot, variables)
        value = self.pipeline(condition, dot, variables)
        if not value:
            return self.render(otherwise, dot, variables)
        return self.render(then, value if kind == "with" else dot, variables)

    def range(self, condition, then, otherwise, dot, variables):
        names, separator, expression = condition.rpartition(":=")
        names = [name.strip() for name in names.split(",")] if separator else []
        value = self.pipeline(expression, dot, variables)
        # Go visits maps in the order of their keys.
        pairs = sorted(value.items()) if isinstance(value, dict) else list(enumerate(value or []))
        if not pairs:
            return self.render(otherwise, dot, variables)
        result = ""
        for key, item in pairs:
            given = dict(zip(names[-2:], (key, item) if len(names) == 2 else (item,), strict=False))
            result += self.render(then, item, {**variables, **given})
        return result

    def pipeline(self, text, dot, variables):
        words = WORD.findall(text)
        if "".join(words) != re.sub(r'\s+(?=(?:[^"]*"[^"]*")*[^"]*$)', "", text):
            raise TemplateError(f"cannot read {{{{ {text} }}}}")
        value = self.command(words, dot, variables)
        if words:
            raise TemplateError(f"cannot read {{{{ {text} }}}}")
        return value

    def command(self, words, dot, variables):
        """Takes words up to the end or a closing parenthesis."""
        value, first = None, True
        while first or (words and words[0] == "|"):
            if not first:
                words.pop(0)
            head = words.pop(0)
            arguments = []
            if head.endswith(".Files.Get"):
                value, first = self.file(json.loads(words.pop(0))), False
                continue
            operand = head == "(" or self.is_operand(head)
            if operand:
                result = self.operand(head, words, dot, variables)
            while words and words[0] not in ("|", ")"):
                arguments.append(self.operand(words.pop(0), words, dot, variables))
            if operand:
                if arguments or not first:
                    raise TemplateError(f"{head} is no function")
                value = result
            else:
                value = self.call(head, arguments if first else [*arguments, value])
            first = False
        return value

    def file(self, name):
        path = self.root["Files"] / name
        # Helm gives nothing for a file that is not there, which nobody wants.
        if not path.is_file():
            raise TemplateError(f"the chart has no file {name}")
        return path.read_text()

    @staticmethod
    def is_operand(word):
        return word[0] in '.$"' or word.lstrip("-").isdigit() or word in ("true", "false")

    def operand(self, word, words, dot, variables):
        if word == "(":
            value = self.command(words, dot, variables)
            words.pop(0)
            return value
        if word[0] == '"':
            return json.loads(word)
        if word.lstrip("-").isdigit():
            return int(word)
        if word in ("true", "false"):
            return word == "true"
        if word == ".":
            return dot
        if word.startswith("$"):
            name, *path = word.split(".")
            return lookup(self.root if name == "$" else variables[name], path)
        if word.startswith("."):
            return lookup(dot, word[1:].split("."))
        raise TemplateError(f"unknown word {word}")

    def call(self, name, arguments):
        if name == "include":
            template, dot = arguments
            if template not in self.defines:
                raise TemplateError(f"include of unknown {template}")
            return self.render(self.defines[template], dot, {})
        if name not in FUNCTIONS:
            raise TemplateError(f"unknown function {name}")
        return FUNCTIONS[name](*arguments)


# ---------------------------------------------------------------- charts


def merged(base, over):
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}


def render_chart(chart, values, name, namespace):
    """File name -> text, of every template that is no partial."""
    chart = pathlib.Path(chart)
    about = yaml.safe_load((chart / "Chart.yaml").read_text())
    whole = yaml.safe_load((chart / "values.yaml").read_text())
    for one in values:
        whole = merged(whole, one)
    schema = json.loads((chart / "values.schema.json").read_text())
    try:
        jsonschema.validate(whole, schema)
    except jsonschema.ValidationError as error:
        raise TemplateError(f"values: {'.'.join(map(str, error.absolute_path))}: {error.message}") from None
    root = {
        "Values": whole,
        "Release": {"Name": name, "Namespace": namespace, "Service": "Helm"},
        "Files": chart,
        "Chart": {"Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"]},
    }
    renderer = Renderer(root)
    result = {}
    # Partials first: they define what the others include.
    for path in sorted((chart / "templates").iterdir(), key=lambda path: (path.suffix != ".tpl", path.name)):
        try:
            nodes, _ = parse(tokens(path.read_text()))
            text = renderer.render(nodes, root, {})
        except TemplateError as error:
            raise TemplateError(f"{path.name}: {error}") from None
        if path.suffix == ".yaml":
            result[path.name] = text
    return result


def objects_of(rendered):
    """Every object of the rendered files, in order."""
    return [one for text in rendered.values() for one in yaml.safe_load_all(text) if one]


def manifest_of(rendered):
    parts = [text.strip("\n") for text in rendered.values() if text.strip()]
    return "".join(f"---\n{part}\n" for part in parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chart")
    parser.add_argument("--values", action="append", default=[])
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--name", default="meshmq")
    parser.add_argument("--namespace", default="default")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    values = [yaml.safe_load(pathlib.Path(path).read_text()) or {} for path in options.values]
    for setting in options.set:
        key, _, value = setting.partition("=")
        nested = yaml.safe_load(value)
        for part in reversed(key.split(".")):
            nested = {part: nested}
        values.append(nested)
    try:
        rendered = render_chart(options.chart, values, options.name, options.namespace)
    except TemplateError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(objects_of(rendered)) if options.json else manifest_of(rendered), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
