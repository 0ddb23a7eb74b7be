#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""web/ -> page.gen.c: the marketplace page as C arrays.

Usage: build_page.py WEB_DIR auto|enabled|disabled page.gen.c page.gen.d     (the last is a dependency file)

web/dist is built by Vite when it is not what the sources would give; one that is (as in a release) needs no Node. Without
either, `auto` puts a one-line notice in place of the page and `enabled` fails.
"""
import fcntl
import hashlib
import os
import subprocess
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml", ".woff2": "font/woff2", ".png": "image/png"}
NOTICE = ("<!doctype html><html lang=\"en\"><title>Atoll</title><p>The marketplace page is not in this build: install Node 18 "
          "or newer, run <code>scripts/setup.sh all</code>, then <code>make</code>.</p></html>\n")
TOP = ("index.html", "package-lock.json", "pack.mjs", "vite.config.mjs")


def sources(web):
    """Everything that the page is made from, sorted."""
    found = [os.path.join(web, name) for name in TOP]
    for folder, _, names in os.walk(os.path.join(web, "src")):
        found += [os.path.join(folder, n) for n in names if not n.startswith(".")]
    return sorted(found)


def digest(web, paths):
    h = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as f:
            h.update(f"{os.path.relpath(path, web)}\0".encode() + hashlib.sha256(f.read()).digest())
    return h.hexdigest()


def stamp_of(dist):
    try:
        with open(os.path.join(dist, "sources.txt"), encoding="ascii") as f:
            return f.read().strip()
    except FileNotFoundError:
        return ""


def can_build(web):
    try:
        subprocess.run(["node", "--version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return os.path.exists(os.path.join(web, "node_modules", ".atoll-lock"))


def run(web, *argv):
    p = subprocess.run(argv, cwd=web, capture_output=True, text=True)
    if p.returncode != 0:
        sys.exit(f"{' '.join(argv)}:\n{p.stdout}{p.stderr}")
    return p.stdout


def build(web, stamp):
    """Two builds at once (with and without sanitizers) wait for each other."""
    dist = os.path.join(web, "dist")
    with open(os.path.join(web, "package.json"), encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp_of(dist) == stamp:
            return
        run(web, "node", "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn")
        print(run(web, "node", "pack.mjs", "dist").strip())
        with open(os.path.join(dist, "sources.txt"), "w", encoding="ascii") as f:
            f.write(stamp + "\n")


def files_of(dist):
    """(path on the wire, type, plain, gzip, brotli) of each file."""
    out = []
    for folder, _, names in os.walk(dist):
        for name in names:
            path = os.path.join(folder, name)
            ending = os.path.splitext(name)[1]
            if ending not in TYPES:
                continue
            wire = "/marketplace/" + os.path.relpath(path, dist)
            forms = [open(path + more, "rb").read() for more in ("", ".gz", ".br")]
            out.append((wire.removesuffix("index.html"), TYPES[ending], *forms))
    return sorted(out)


def array(name, data):
    lines = [", ".join(str(b) for b in data[i:i + 24]) for i in range(0, len(data), 24)]
    return f"static const uint8_t {name}[] = {{\n    " + ",\n    ".join(lines) + "};\n"


def code(files):
    out = ["/* Generated from web/ by tools/build_page.py; do not edit. */", '#include "node/page.h"', ""]
    rows = []
    for i, (wire, kind, *forms) in enumerate(files):
        cells = []
        for what, data in zip(("plain", "gzip", "brotli"), forms):
            if data:
                out.append(array(f"{what}_{i}", data))
            cells.append(f"{{{what}_{i}, {len(data)}}}" if data else "{0}")
        fixed = "true" if wire.startswith("/marketplace/assets/") else "false"
        rows.append(f'    {{"{wire}", "{kind}", {fixed}, {", ".join(cells)}}},')
    out += ["const struct page_file page_files[] = {"] + rows + ["};", f"const size_t page_file_count = {len(files)};", ""]
    return "\n".join(out)


def write_changed(path, text):
    """The time of a file that stays the same does not change, so nothing is compiled again."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main(web, wanted, target, deps):
    paths = sources(web)
    stamp = digest(web, paths)
    dist = os.path.join(web, "dist")
    # node_modules may come later: this file is missing until then, so each build looks again
    watched = paths + [os.path.join(web, "node_modules", ".atoll-lock")]
    with open(deps, "w", encoding="utf-8") as f:
        f.write(f"{target}: {' '.join(watched)}\n")
    if wanted != "disabled" and (stamp_of(dist) == stamp or can_build(web)):
        build(web, stamp)
        write_changed(target, code(files_of(dist)))
        return
    if wanted == "enabled":
        sys.exit("-Dpage=enabled needs Node 18 or newer and web/node_modules: run scripts/setup.sh all")
    write_changed(target, code([("/marketplace/", TYPES[".html"], NOTICE.encode(), b"", b"")]))


if __name__ == "__main__":
    main(*sys.argv[1:])
