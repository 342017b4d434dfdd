#!/usr/bin/env bash
# usage: install_npm.sh DIRECTORY
#
# Installs the npm packages of DIRECTORY's lock file. Costs a fraction of a second when they are there.
set -euo pipefail
cd "$(dirname "$0")/.."
cd "$1"
mkdir -p node_modules
exec 8>node_modules/.lock
flock 8
# The copy of the lock file tells for which list node_modules was made.
if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
  exec 8>&-
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed-lock.json
fi
