#!/usr/bin/env python3
"""Runs the fuzzers on what they began with, what they have learned and what they have once found.

usage: run.py BUILD_DIRECTORY [--seconds N] [--jobs N] [--only NAME]...

First inputs are written by fuzz_seeds; what is learned stays in BUILD_DIRECTORY/corpus from run to run. Inputs that
once broke something are in fuzz/findings/NAME: put a new one there together with its fix.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
NAMES = ["codec", "topics", "session", "proxy_header", "scram", "websocket", "erlang", "cluster_wire", "config"]
INPUT_BYTES_MAX = 4096
# Where long inputs only cost time.
SHORTER = {"config": 500, "session": 1000}
MEMORY_MB_MAX = 1024
# Of the clock: beside other work a fuzzer may wait for long.
SECONDS_PER_INPUT_MAX = 60


def run(build, name, seconds):
    """One fuzzer; returns (name, it found nothing, a line for people)."""
    corpus, found = build / "corpus" / name, build / "findings" / name
    for directory in (corpus, found):
        directory.mkdir(parents=True, exist_ok=True)
    old = [path for path in (build / "seeds" / name, HERE / "findings" / name) if path.is_dir()]
    command = [
        build / "bin" / f"fuzz_{name}",
        f"-max_total_time={seconds}",
        f"-max_len={SHORTER.get(name, INPUT_BYTES_MAX)}",
        f"-rss_limit_mb={MEMORY_MB_MAX}",
        f"-timeout={SECONDS_PER_INPUT_MAX}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
        corpus,
        *old,
    ]
    environment = {**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1"}
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment, check=False)
    (build / f"fuzz_{name}.log").write_text(done.stderr)
    runs = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    counted = f"{runs.group(1)} inputs" if runs else "no count"
    if done.returncode == 0:
        return name, True, f"{name}: {counted}, nothing found"
    return name, False, f"{name}: {counted}, FOUND SOMETHING:\n{done.stderr[-6000:]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", action="append", choices=NAMES)
    options = parser.parse_args()
    subprocess.run([options.build / "bin" / "fuzz_seeds", options.build / "seeds"], check=True)
    good = True
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(run, options.build, name, options.seconds) for name in options.only or NAMES]
        for each in concurrent.futures.as_completed(runs):
            name, fine, line = each.result()
            print(line, flush=True)
            good = good and fine
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
