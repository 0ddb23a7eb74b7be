#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""api/*.json -> web/src/api/types.ts: what the routes of the page (those with a "group") answer, and what they are asked.

Usage: gen_types.py [--check] API_DIR types.ts     --check only compares, and fails when the file is stale
A schema says less than a type: members that it only names are `unknown`. web/src/api/shapes.ts says the rest, and
web/src/api/check.ts has the compiler compare both.
"""
import json
import os
import re
import sys

FIELDS = {"string": "string", "text": "string | number", "address": "string", "int": "number", "number": "number",
          "bool": "boolean", "object": "object", "array": "unknown[]", "strings": "string[]", "json": "unknown"}
SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def name_of(key):
    return key if re.fullmatch(r"[A-Za-z_$][\w$]*", key) else json.dumps(key)


def literal(v):
    return json.dumps(v) if isinstance(v, (str, bool, int)) or v is None else "unknown"


def object_type(s):
    known = s.get("properties", {})
    required = s.get("required", [])
    names = list(dict.fromkeys(list(known) + required))
    if not names:
        more = s.get("additionalProperties")
        return f"Record<string, {type_of(more) if isinstance(more, dict) else 'unknown'}>"
    members = [f"{name_of(n)}{'' if n in required else '?'}: {type_of(known.get(n, {}))}" for n in names]
    return "{ " + "; ".join(members) + " }"


def type_of(s):
    """The TypeScript type of a JSON schema, as far as the schema says."""
    if "const" in s:
        return literal(s["const"])
    if "enum" in s:
        return " | ".join(literal(v) for v in s["enum"])
    for key in ("oneOf", "anyOf"):
        if key in s:
            return " | ".join(dict.fromkeys(type_of(x) for x in s[key]))
    kind = s.get("type")
    if isinstance(kind, list):
        return " | ".join(dict.fromkeys(type_of({**s, "type": k}) for k in kind))
    if kind == "array":
        item = type_of(s.get("items", {})) if isinstance(s.get("items", {}), dict) else "unknown"
        return f"Array<{item}>"
    if kind == "object" or "properties" in s or "required" in s:
        return object_type(s)
    return SIMPLE.get(kind, "unknown")


def commands(folder):
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json") and name != "errors.json":
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                c = json.load(f)
            if any("group" in r for r in c.get("routes", [])):
                yield c


def text(folder):
    answers, asks, routes = [], [], []
    for c in commands(folder):
        schema = c.get("reply_schema")
        answers.append(f"  {c['command']}: {type_of(schema) if schema else 'unknown'}")
        fields = [f"{name_of(f['name'])}{'' if f.get('required') else '?'}: {FIELDS[f['type']]}" for f in c.get("fields", [])]
        asks.append(f"  {c['command']}: {'{ ' + '; '.join(fields) + ' }' if fields else 'Record<string, never>'}")
        routes += [f"  {json.dumps(r['method'] + ' ' + r['path'])}: {json.dumps(c['command'])}" for r in c["routes"]]
    out = ["// SPDX-License-Identifier: Apache-2.0", "// Generated from api/ by tools/gen_types.py; do not edit.", "",
           "/** What a command answers. */", "export interface Answers {"] + answers
    out += ["}", "", "/** What it is asked, from path, query and body together. */", "export interface Asks {"] + asks
    out += ["}", "", "/** Which route leads to which command. */", "export interface Routes {"] + sorted(routes) + ["}", ""]
    return "\n".join(out)


def main(args):
    check = args[0] == "--check"
    folder, target = args[1:] if check else args
    new = text(folder)
    old = open(target, encoding="utf-8").read() if os.path.exists(target) else ""
    if check and new != old:
        sys.exit(f"{target} is stale: run tools/gen_types.py api web/src/api/types.ts")
    if new != old:
        with open(target, "w", encoding="utf-8") as f:
            f.write(new)


if __name__ == "__main__":
    main(sys.argv[1:])
