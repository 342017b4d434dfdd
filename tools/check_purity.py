#!/usr/bin/env python3
"""Layers 0 to 3 reach for nothing: no socket, clock, thread, lock, file or randomness in their archives.

usage: check_purity.py ARCHIVE...

`nm -uC` of each archive is compared with a list of forbidden names. What a pure room may call although it looks
like the outside world: fprintf, fwrite and abort for assertions (stderr), and OpenSSL's digests (arithmetic).
"""

import re
import subprocess
import sys

FORBIDDEN = {
    "socket": r"socket|bind|listen|accept4?|connect|shutdown|send(to|msg|mmsg)?|recv(from|msg|mmsg)?|[gs]etsockopt"
    r"|getaddrinfo|gethostby\w+|getsockname|getpeername|socketpair",
    "event loop": r"epoll_\w+|poll|ppoll|select|pselect|eventfd|timerfd_\w+|signalfd|io_uring_\w+|inotify_\w+",
    "file": r"open(at|64)?|creat|read|write|p?(read|write)v?(64)?|lseek(64)?|close|dup[23]?|pipe2?|f(re)?open(64)?"
    r"|ioctl|f?truncate(64)?|unlink(at)?|rename(at2?)?|mkdir|rmdir|stat|fstat(at)?|mmap(64)?|f(data)?sync|fcntl(64)?"
    r"|std::basic_[io]?f(stream|ilebuf)<.*|std::filesystem::.*",
    "clock": r"clock_gettime|clock_nanosleep|gettimeofday|time|times|localtime(_r)?|gmtime(_r)?|nanosleep|usleep|sleep"
    r"|std::chrono::\w*::?\w*_clock::now\(\)",
    "thread or lock": r"pthread_(create|join|detach|mutex_\w+|rwlock_\w+|cond_\w+|spin_\w+|key_create|once)"
    r"|sem_\w+|std::(thread|jthread|mutex|condition_variable|this_thread|__future_base)\b.*|futex",
    "randomness": r"getrandom|getentropy|rand(om)?(_r)?|srand(om)?|[del]rand48|arc4random\w*|RAND_\w+"
    r"|std::random_device::.*",
    "process": r"getenv|secure_getenv|setenv|putenv|fork|vfork|exec[lv]\w*|posix_spawn\w*|system|popen|kill|raise"
    r"|sigaction|signal|exit|_exit|getpid|gethostname|uname|syscall|dlopen|dlsym",
    "stream": r"std::(cout|cerr|clog|cin)|printf|puts|putchar|std::ios_base::Init::.*",
}
FORBIDDEN = {kind: re.compile(rf"({names})(@.*)?") for kind, names in FORBIDDEN.items()}
CLOCK = re.compile(r"std::chrono::.*::now\(\)")


def offences(archive):
    """(object file, kind, symbol) for every forbidden name that the archive leaves undefined."""
    listing = subprocess.run(["nm", "-uC", archive], capture_output=True, text=True, check=True).stdout
    member = archive
    for line in listing.splitlines():
        if line.endswith(":"):
            member = line[:-1]
        words = line.split(None, 1)
        if len(words) != 2 or words[0] not in ("U", "w", "v"):
            continue
        symbol = words[1].strip()
        if words[0] == "w" and symbol.startswith("__gthread"):
            continue
        for kind, pattern in FORBIDDEN.items():
            if pattern.fullmatch(symbol) or (kind == "clock" and CLOCK.match(symbol)):
                yield member, kind, symbol


def main(archives):
    if not archives:
        print(__doc__.strip())
        return 2
    problems = [f"{a}({m}): {k}: {s}" for a in archives for m, k, s in offences(a)]
    print("\n".join(problems) or f"{len(archives)} archives are pure")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
