"""Which files the checks look at, and C++ text with comments and literals blanked."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = {"build", "data", "node_modules", ".git", "__pycache__"}


def files(*suffixes):
    """Files of the tree that have one of these suffixes (any, without suffixes), as paths relative to ROOT."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        paths = [pathlib.Path(line) for line in listing]
    except (OSError, subprocess.CalledProcessError):  # an unpacked release has no git
        paths = [p.relative_to(ROOT) for p in ROOT.rglob("*") if p.is_file()]
        paths = [p for p in paths if not SKIPPED & set(p.parts)]
    return sorted(p for p in paths if (not suffixes or p.suffix in suffixes) and (ROOT / p).is_file())


_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL,
)


def _blank(match):
    text = match.group(0)
    blanks = re.sub(r"[^\n]", " ", text)
    return blanks if text[0] == "/" else '"' + blanks[1:-1] + '"'


def code_of(text):
    """C++ text with comments and the inside of literals replaced by blanks; positions and lines stay."""
    return _TOKEN.sub(_blank, text)


def rooms():
    """Room -> layer, from the table of docs/architecture.md."""
    table = (ROOT / "docs/architecture.md").read_text()
    return {name: int(layer) for name, layer in re.findall(r"^\| `src/(\w+)` \| (\d) \|", table, re.MULTILINE)}
