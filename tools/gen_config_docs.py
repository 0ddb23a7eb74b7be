#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/config.md from src/config/options.def and src/config/environments.md.

Usage: gen_config_docs.py [--check]     --check only compares, and fails when the page is stale
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/config/options.def"
DETAILS = ROOT / "src/config/environments.md"
TARGET = ROOT / "docs/config.md"
TYPES = {"TEXT": "text", "PATH": "path", "URL": "URL", "INT": "integer", "BOOL": "boolean",
         "TEXTS": "JSON list of texts", "ADDRS": "JSON list of addresses",
         "LISTS": "JSON access lists by chain", "CUSTOM": "JSON"}
HEAD = """# Configuration

<!-- Made from src/config/options.def by tools/gen_config_docs.py; do not edit. -->

Every option can be set in a file, by an environment variable and by a flag; a flag beats a variable, and a variable
beats the file. The file is named by `--config FILE` or `CONFIG_PATH` (absolute); without either, `./config.json` is read when
it is there, else `config.json` in the node's folder. The names are those of ocean-node, so that what configures one starts
the other.

A file whose name ends in `.toml` is TOML, any other JSON as ocean-node has it. Both have the same keys; a dot is a table:

```toml
httpPort = 8030
allowPrivateUrls = ["10.0.0.0/8"]

[supportedNetworks.8996]
rpc = "http://127.0.0.1:8545"

[feeStrategy.feeAmount]
amount = 0.1
```

A wrong value refuses to start and is named. An empty variable, or one with the text `undefined`, counts as unset. A key that
is not known is an error in TOML; in JSON, where ocean-node's own files have some, it is told at the start and goes unused, as
is what has no meaning here. `$HOME` at the start of a path is expanded.

An administrator changes the file while the node runs (`pushConfig`): its members are replaced, everything is checked as at the
start, and refused as a whole when anything is wrong. Options that are *live* count at once, the others after a restart; the
answer's header `X-Config-Restart` names them. A variable or a flag still wins, and `X-Config-Overridden` says where. Without a
file the changes go to `config.json` in the node's folder. A TOML file is left alone: its changes are made by hand.
"""


def arguments(text):
    """The arguments of one macro; adjacent string literals are one. NULL is None."""
    out = [""]
    literal = False
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|[(),]|[^"(),]+', text):
        if token.startswith('"'):
            out[-1] = out[-1] + token[1:-1].replace('\\"', '"') if literal else token[1:-1].replace('\\"', '"')
            literal = True
        elif token == ",":
            out.append("")
            literal = False
        elif token.strip():
            out[-1] += token.strip()
    return [None if a == "NULL" else a for a in out]


def macros(source):
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.S)
    for match in re.finditer(r'^(SECTION|OPTION|CUSTOM|FOREIGN)\(((?:[^"()]|"(?:[^"\\]|\\.)*")*)\)', source, re.M):
        yield match.group(1), arguments(match.group(2))


def flag(key, flags):
    """As config__flag_name() makes it."""
    if "SECRET" in flags or "ENV_ONLY" in flags:
        return None
    return re.sub(r"(?<![A-Z])(?<!^)([A-Z])", r"-\1", key).replace(".", "-").lower()


def option(kind, a):
    if kind == "OPTION":
        _, kind, key, env, default, low, high, unit, flags, prose = a
    else:
        _, key, env, default, flags, prose = a
        low = high = "0"
        unit = ""
    what = "text" if "PLAIN" in flags else TYPES[kind]
    if high != "0":
        what += f" from {low} to {high}"
    if unit:
        what += f", {unit}"
    if default:
        what += f"; default `{default}`"
    if "SECRET" in flags:
        what += "; secret"
    if "LIVE" in flags:
        what += "; live"
    names = [f"`{key}`" if "ENV_ONLY" not in flags else None, f"`{env}`" if env else None,
             f"`--{flag(key, flags)}`" if flag(key, flags) else None]
    return f"- {' · '.join(n for n in names if n)} ({what})\n  {prose}\n"


def page():
    out = [HEAD]
    for kind, a in macros(SOURCE.read_text(encoding="utf-8")):
        if kind == "SECTION":
            out.append(f"\n## {a[0]}\n\n")
        elif kind == "FOREIGN":
            out.append(f"- {' · '.join(f'`{n}`' for n in a[:2] if n)}: {a[2]}\n")
        else:
            out.append(option(kind, a))
    return "".join(out) + "\n" + DETAILS.read_text(encoding="utf-8")


def main(argv):
    text = page()
    if argv == ["--check"]:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
            sys.exit("docs/config.md is stale: run tools/gen_config_docs.py")
        return
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
