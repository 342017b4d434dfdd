#!/usr/bin/env bash
# Installs the Debian packages of tools/deps.txt and the npm packages of the dashboard and the end-to-end tests.
# Costs a fraction of a second when everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
while read -r package command _; do
  case "$package" in '' | '#'*) continue ;; esac
  if [ -n "$command" ] && command -v "$command" >/dev/null; then continue; fi
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done <tools/deps.txt

if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  # The tests start their own mosquitto and epmd on ports of their own: Debian's services need not run.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod 755 $policy
    trap '"${as_root[@]}" rm -f $policy' EXIT
  fi
  echo "Installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

tools/install_npm.sh tests/e2e/js
tools/install_npm.sh dashboard
