#!/usr/bin/env bash
# Runs one command while another one, which mostly waits, has the terminal; what the first said comes last.
#
# usage: beside.sh BACKGROUND_COMMAND COMMAND      exit status: that neither of them failed
set -uo pipefail
said=$(mktemp)
trap 'rm -f "$said"' EXIT

bash -c "$1" >"$said" 2>&1 &
beside=$!
trap 'kill "$beside" 2>/dev/null' INT TERM
bash -c "$2"
status=$?
wait "$beside" || status=$?
cat "$said"
exit "$status"
