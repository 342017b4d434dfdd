#!/usr/bin/env bash
# usage: build_dashboard.sh DIRECTORY
#
# Puts the dashboard's files into DIRECTORY. Built once for all presets, again only if something it is made of
# has changed; costs a fraction of a second otherwise.
set -euo pipefail
target=$(realpath -m "$1")
cd "$(dirname "$0")/.."
tools/install_npm.sh dashboard

mkdir -p build
exec 9>build/.dashboard.lock
flock 9
made=build/dashboard
mark=$(find dashboard -path dashboard/node_modules -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
if [ "$(cat $made/.mark 2>/dev/null)" != "$mark" ]; then
  rm -rf $made
  cd dashboard
  node_modules/.bin/tsc --noEmit
  node_modules/.bin/vite build --logLevel warn --outDir "../$made" --emptyOutDir
  cd ..
  echo "$mark" >$made/.mark
fi
if ! cmp -s $made/.mark "$target/.mark"; then
  rm -rf "$target"
  mkdir -p "$(dirname "$target")"
  cp -r $made "$target"
fi
touch "$target/index.html"
