#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes C from SQL files.

  gen_sql.py one IN.sql OUT.h OUT.c        `extern const struct sql sql_NAME` for each
                                           `-- name: NAME` block of the file
  gen_sql.py all OUT.h FILE...             every named statement of the program in one array, for
                                           the test that prepares them all
  gen_sql.py migrations OUT.h FILE...      NNNN_name.sql files, in order of their number

Comments are dropped from statements; a name must be unique in the whole program.
"""
import os
import re
import sys

SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by tools/gen_sql.py. */\n"
NAME = re.compile(r"^--\s*name:\s*([a-z][a-z0-9_]*)\s*$")


def die(text):
    sys.exit("gen_sql.py: " + text)


def statements(path):
    """[(name, text)] of a file."""
    found, name, lines = [], None, []

    def close():
        if name is None:
            return
        text = "\n".join(lines).strip().rstrip(";").strip()
        if not text:
            die(f"{path}: statement {name} is empty")
        if ";" in re.sub(r"'[^']*'", "", text):
            die(f"{path}: statement {name} is more than one statement")
        found.append((name, text))

    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            match = NAME.match(line)
            if match:
                close()
                name, lines = match.group(1), []
                continue
            line = re.sub(r"--.*", "", line).rstrip()
            if line and name is None:
                die(f"{path}:{number}: SQL before the first `-- name:`")
            if line:
                lines.append(line)
    close()
    names = [n for n, _ in found]
    for n in names:
        if names.count(n) > 1:
            die(f"{path}: {n} is there twice")
    return found


def literal(text, indent):
    out = []
    for line in text.split("\n"):
        escaped = line.strip().replace("\\", "\\\\").replace('"', '\\"')
        out.append(f'{indent}"{escaped}\\n"')
    return "\n".join(out)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def one(source, header, code):
    stem = os.path.basename(source)[: -len(".sql")]
    guard = f"ATOLL_{stem.upper()}_SQL_H"
    found = statements(source)
    write(header, SPDX + f'#ifndef {guard}\n#define {guard}\n\n#include "store/db.h"\n\n'
          + "".join(f"extern const struct sql sql_{n};\n" for n, _ in found) + "\n#endif\n")
    write(code, SPDX + f'#include "{os.path.basename(header)}"\n'
          + "".join(f'\nconst struct sql sql_{n} = {{\n    "{n}",\n{literal(t, "    ")},\n}};\n'
                    for n, t in found))


def everything(header, sources):
    found = [s for source in sources for s in statements(source)]
    names = [n for n, _ in found]
    for n in names:
        if names.count(n) > 1:
            die(f"statement {n} is there twice")
    write(header, SPDX + "#include \"store/db.h\"\n\nstatic const struct sql all_sql[] = {\n"
          + "".join(f'    {{"{n}",\n{literal(t, "     ")}}},\n' for n, t in found) + "};\n")


def migrations(header, sources):
    rows = {}
    for source in sources:
        match = re.fullmatch(r"(\d{4})_([a-z0-9_]+)\.sql", os.path.basename(source))
        if not match:
            die(f"{source}: a migration is named NNNN_name.sql")
        number = int(match.group(1))
        if number in rows:
            die(f"{source}: number {number} is taken by {rows[number][0]}")
        with open(source, encoding="utf-8") as file:
            rows[number] = (match.group(2), file.read())
    write(header, SPDX + "static const struct migration migrations[] = {\n"
          + "".join(f'    {{{n}, "{rows[n][0]}",\n{literal(rows[n][1].strip(), "     ")}}},\n'
                    for n in sorted(rows)) + "};\n")


def main(args):
    if len(args) == 4 and args[0] == "one":
        one(*args[1:])
    elif len(args) >= 2 and args[0] == "all":
        everything(args[1], args[2:])
    elif len(args) >= 2 and args[0] == "migrations":
        migrations(args[1], args[2:])
    else:
        die(__doc__)


main(sys.argv[1:])
