#!/bin/sh
# The version of packages made from this commit: the project's, and behind it, unless the commit is tagged with it, when
# and what was committed. The same for everybody who builds the commit.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^project(meshmq VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
if git rev-parse --verify -q HEAD >/dev/null 2>&1; then
    if [ "$(git describe --tags --exact-match 2>/dev/null || true)" != "v$version" ]; then
        version=$version~git$(TZ=UTC git log -1 --date=format-local:%Y%m%d%H%M --format=%cd.%h)
    fi
fi
echo "$version"
