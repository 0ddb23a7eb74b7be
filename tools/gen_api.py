#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""api/<command>.json -> api.gen.h, api.gen.c (argument structs, parsers, dispatch tables) or docs.

Usage: gen_api.py API_DIR api.gen.h api.gen.c api.gen.d     (the last is a dependency file)
       gen_api.py --docs API_DIR DOCS_DIR            (writes docs/api/, and web/src/api/types.ts for the page)
       gen_api.py --check API_DIR DOCS_DIR           (fails when those are not what --docs writes)
api/README.md describes the input.
"""
import json
import os
import re
import sys

import gen_types

C_TYPES = {"string": "const char *", "text": "const char *", "address": "const char *", "int": "int64_t ",
           "number": "double ", "bool": "bool ", "object": "const struct json *", "array": "const struct json *",
           "strings": "const struct json *", "json": "const struct json *"}
HAS = {"int", "number", "bool"}
# Where a command runs, and how its page says so.
RUNS = {"worker": "on a worker", "inline": "on the loop", "waiting": "on a worker for commands that wait for others"}
KEYS = {"command", "summary", "description", "auth", "run", "direct", "fields", "routes", "body_max", "example", "reply",
        "reply_type", "reply_schema", "reply_direct", "errors"}
# Who may ask, where a session decides: what the page of this node says for it, and the errors that come with it.
SESSIONS = {"session_any": ("API_WHO_PERSON", "a session", ["LOGIN_NEEDED", "ORIGIN", "LOGIN_BLOCKED"]),
            "session": ("API_WHO_MEMBER", "a session, and the terms accepted",
                        ["LOGIN_NEEDED", "ORIGIN", "LOGIN_BLOCKED", "TERMS_NEEDED"]),
            "session_admin": ("API_WHO_ADMIN", "a session of an administrator",
                              ["LOGIN_NEEDED", "ORIGIN", "LOGIN_BLOCKED", "ADMIN_NEEDED"])}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
FIELD_KEYS = {"name", "type", "required", "min", "max", "max_len", "doc"}
ROUTE_KEYS = {"method", "path", "name", "input", "map", "errors", "empty_body", "missing", "body_max", "group"}
SOURCES = {"query": "API_QUERY", "path": "API_PATH", "header": "API_HEADER", "body": "API_BODY"}
INPUTS = {"query": "API_IN_QUERY", "body": "API_IN_BODY", "raw": "API_IN_RAW",
          "stream": "API_IN_STREAM"}
DOORS = ("", "direct", "route")
STYLES = {"text": "API_ERR_TEXT", "string": "API_ERR_STRING", "object": "API_ERR_OBJECT"}
BODY_MAX = 10 * 1048576
GROUP_BODY_MAX = 16384  # of the routes of people, which send little: others say so
UNREADABLE = ["MISSING_BODY", "BODY_MALFORMED", "COMMAND_MANDATORY", "COMMAND_UNKNOWN"]  # by /directCommand


def snake(name):
    name = re.sub(r"([A-Z])([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).replace("-", "_").lower()


def check(ok, where, text):
    if not ok:
        sys.exit(f"{where}: {text}")


def load_errors(folder):
    """name -> {name, status, text} of errors.json, in its order"""
    with open(os.path.join(folder, "errors.json"), encoding="utf-8") as f:
        return {e["name"]: e for e in json.load(f)}


def split_error(text):
    """An entry of "errors": NAME, or NAME@direct, NAME@route for one of the two ways in."""
    name, _, door = text.partition("@")
    return name, door


def check_errors(c, path, errors):
    for text in c.get("errors", []):
        name, door = split_error(text)
        check(name in errors, path, f"errors.json has no {name}")
        check(door in DOORS, path, f"{text}: behind @ stands direct or route")
    for r in c["routes"]:
        for name in [r[k] for k in ("empty_body",) if k in r] + list(r.get("missing", {}).values()):
            check(name in errors, path, f"errors.json has no {name}")


def errors_at(c, route):
    """Names of the errors of a command at a route, None being /directCommand: what the parser of the arguments refuses
    first, then what the command lists itself."""
    names = []
    fields = c["fields"]
    missing = route.get("missing", {}) if route else {}
    if route is None:
        names += UNREADABLE
    elif route["input"] == "body":
        names.append("BODY_MALFORMED")
    if route and route.get("empty_body"):
        names.append(route["empty_body"])
    names += missing.values()
    if any(f.get("required") and f["name"] not in missing for f in fields):
        names.append("MISSING_FIELD")
    if any(f["type"] == "address" for f in fields):
        names.append("NOT_AN_ADDRESS")
    if any(f["type"] not in ("address", "json") for f in fields):
        names.append("ARGUMENT")
    names += SESSIONS.get(c.get("auth"), (None, None, []))[2]
    for text in c.get("errors", []):
        name, door = split_error(text)
        if door in ("", "direct" if route is None else "route"):
            names.append(name)
    return list(dict.fromkeys(names))


def error_text(e):
    """The text of an error for people: its parts that vary are three dots."""
    return re.sub(r"%(\.\*)?[-0-9.lzu]*[a-z]", "…", e["text"]).replace("%%", "%")


def load(folder):
    commands = []
    errors = load_errors(folder)
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".json") or name == "errors.json":
            continue
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8") as f:
            c = json.load(f)
        check(set(c) <= KEYS, path, f"unknown keys {set(c) - KEYS}")
        check(c["command"] + ".json" == name, path, "the file is named after its command")
        check(c.get("run", "worker") in RUNS, path, f"run is one of {', '.join(RUNS)}")
        if c.get("auth") in SESSIONS:
            check(c.get("run") != "inline", path, "a session is looked up on a worker")
            check(c.get("direct") is False, path, "/directCommand has no sessions: \"direct\" must be false")
        c["id"] = snake(c["command"])
        for f in c.setdefault("fields", []):
            check(set(f) <= FIELD_KEYS, path, f"unknown keys {set(f) - FIELD_KEYS} of a field")
            check(f["type"] in C_TYPES, path, f"unknown type {f['type']}")
            f["id"] = snake(f["name"])
        for r in c.setdefault("routes", []):
            check(set(r) <= ROUTE_KEYS, path, f"unknown keys {set(r) - ROUTE_KEYS} of a route")
            r.setdefault("input", "body" if r["method"] in ("POST", "PATCH") else "query")
            r["command"] = c
            check(r["method"] in METHODS, path, f"unknown method {r['method']}")
            check("group" in r or c.get("auth") not in SESSIONS, path, f"{r['path']} needs a group")
            check(re.fullmatch(r"[a-z0-9_]*", r.get("group", "")), path, "a group is of a-z, 0-9 and _")
        check_errors(c, path, errors)
        commands.append(c)
    return commands


def header(commands):
    out = ["/* Generated from api/ by tools/gen_api.py; do not edit. */",
           "#ifndef ATOLL_API_GEN_H", "#define ATOLL_API_GEN_H", "",
           '#include "json/json.h"', '#include "node/task.h"', ""]
    for c in commands:
        out.append(f"/* {c['command']}: {c['summary']} */")
        out.append(f"struct args_{c['id']} {{")
        for f in c["fields"]:
            if f["type"] in HAS:
                out.append(f"    bool has_{f['id']};")
            note = "" if f.get("required") or f["type"] in HAS else " /* NULL when absent */"
            out.append(f"    {C_TYPES[f['type']]}{f['id']};{note}")
        if not c["fields"]:
            out.append("    char none; /* the command has no arguments */")
        out.append("};")
        out.append(f"int args_{c['id']}_parse(struct arena *a, const struct json *json, struct args_{c['id']} *ret,")
        out.append("    struct err *e) must_check;")
        out.append(f"int cmd_{c['id']}(struct task *t, const struct args_{c['id']} *args, struct err *e) must_check;")
        out.append("")
    return "\n".join(out + ["#endif", ""])


def c_str(s):
    return json.dumps(s)


def field_row(c, f):
    t = f"struct args_{c['id']}"
    has = f"offsetof({t}, has_{f['id']})" if f["type"] in HAS else "ARGS_NO_FLAG"
    low = f"INT64_C({f['min']})" if "min" in f else "ARGS_INT_MIN"
    top = f"INT64_C({f['max']})" if "max" in f else "ARGS_INT_MAX"
    if f["type"] not in HAS:
        low, top = "0", str(f.get("max_len", 0))
    return (f"    {{{c_str(f['name'])}, ARGS_{f['type'].upper()}, {str(bool(f.get('required'))).lower()}, "
            f"offsetof({t}, {f['id']}), {has}, {low}, {top}}},")


def command_code(c):
    out = []
    required = ",".join(f["name"] for f in c["fields"] if f.get("required"))
    if c["fields"]:
        out.append(f"static const struct args_field fields_{c['id']}[] = {{")
        out += [field_row(c, f) for f in c["fields"]]
        out.append("};")
    fields = f"fields_{c['id']}" if c["fields"] else "NULL"
    out += [f"static const struct args_spec spec_{c['id']} = {{{c_str(c['command'])}, {fields}, {len(c['fields'])}, "
            f"{c_str(required)}, sizeof(struct args_{c['id']})}};", "",
            f"int args_{c['id']}_parse(struct arena *a, const struct json *json, struct args_{c['id']} *ret, struct err *e)",
            "{", f"    return args_parse(a, json, &spec_{c['id']}, ret, e);", "}", "",
            f"static int run_{c['id']}(struct task *t, struct err *e)", "{", f"    struct args_{c['id']} args;", "",
            f"    if (args_{c['id']}_parse(t->arena, t->args, &args, e) < 0)", "        return -1;",
            f"    return cmd_{c['id']}(t, &args, e);", "}", ""]
    return out


def places(text):
    """Where a mapped field may be found, the place that counts most first."""
    return text if isinstance(text, list) else [text]


def split_source(text, where):
    source, _, name = text.partition(".")
    check(source in SOURCES, where, f"unknown source {text}")
    return SOURCES[source], name


def route_tables(r, n):
    where = r["path"]
    out = []
    if r.get("map"):
        out.append(f"static const struct api_source sources_{n}[] = {{")
        for field, texts in r["map"].items():
            for text in reversed(places(texts)):  # what comes later replaces
                source, name = split_source(text, where)
                out.append(f"    {{{c_str(field)}, {source}, {c_str(name)}}},")
        out.append("};")
    if r.get("missing"):
        out.append(f"static const struct api_missing missing_{n}[] = {{")
        out += [f"    {{{c_str(k)}, ERR_{v}, ERR_TEXT_{v}}}," for k, v in r["missing"].items()]
        out.append("};")
    return out


def route_row(r, n, index):
    empty = r.get("empty_body")
    return (f"    {{{c_str(r['method'])}, {c_str(r['path'])}, {c_str(r.get('name', ''))}, &api_commands[{index}], "
            f"{INPUTS[r['input']]}, {STYLES[r.get('errors', 'text')]}, {r.get('body_max', GROUP_BODY_MAX if 'group' in r else BODY_MAX)}, "
            f"{'sources_%d' % n if r.get('map') else 'NULL'}, {sum(len(places(t)) for t in r.get('map', {}).values())}, "
            f"{'missing_%d' % n if r.get('missing') else 'NULL'}, {len(r.get('missing', {}))}, "
            f"{'ERR_' + empty if empty else 'ERR_NONE'}, {'ERR_TEXT_' + empty if empty else 'NULL'}, "
            f"{c_str(r.get('group', ''))}}},")


def code(commands):
    out = ["/* Generated from api/ by tools/gen_api.py; do not edit. */", '#include "api.gen.h"', "",
           "#include <stddef.h>", "", '#include "node/api.h"', '#include "node/args.h"', ""]
    for c in commands:
        out += command_code(c)
    commands = sorted(commands, key=lambda c: c["command"])
    index = {c["command"]: i for i, c in enumerate(commands)}
    out.append("const struct api_command api_commands[] = {")
    for c in commands:
        inline = str(c.get("run") == "inline").lower()
        lane = "QUICK" if c.get("run") != "waiting" else "ASKS" if c.get("auth", "none") == "none" else "WAITS"
        direct = str(c.get("direct", True)).lower()
        node = str(any(f["name"] == "node" for f in c["fields"])).lower()
        who = SESSIONS.get(c.get("auth"), ("API_WHO_ANY",))[0]
        out.append(f"    {{{c_str(c['command'])}, run_{c['id']}, {inline}, API_LANE_{lane}, {direct}, {node}, {who}}},")
    out += ["};", f"const size_t api_command_count = {len(commands)};", ""]
    routes = [r for c in commands for r in c["routes"]]
    routes.sort(key=lambda r: (r["path"].lower(), r["method"]))
    seen = set()
    for n, r in enumerate(routes):
        key = (r["method"], r["path"].lower())
        check(key not in seen, r["path"], "two commands claim this route")
        seen.add(key)
        out += route_tables(r, n)
    out += ["", "const struct api_route api_routes[] = {"]
    out += [route_row(r, n, index[r["command"]["command"]]) for n, r in enumerate(routes)]
    out += ["};", f"const size_t api_route_count = {len(routes)};", ""]
    return "\n".join(out)


def docs_errors(c, errors):
    """Rows of an error table: what each way in can refuse, in the order of errors.json."""
    ways = c["routes"] + ([None] if c.get("direct", True) else [])
    names = {name for way in ways for name in errors_at(c, way)}
    rows = [e for e in errors.values() if e["name"] in names - set(UNREADABLE)]
    return [f"| {e['status']} | `{e['name']}` | {error_text(e).strip().replace('|', chr(92) + '|')} |" for e in rows]


def auth_text(c):
    auth = c.get("auth", "none")
    return SESSIONS[auth][1] if auth in SESSIONS else auth


def docs_page(c, errors):
    out = [f"# {c['command']}", "", c["summary"], ""]
    if c.get("description"):
        out += [c["description"], ""]
    out.append(f"Authentication: {auth_text(c)}. Runs {RUNS[c.get('run', 'worker')]}.")
    out.append("")
    if c.get("direct", True):
        out += [f'`POST /directCommand` with `{{"command": "{c["command"]}", ...}}`', ""]
    for r in c["routes"]:
        moved = ", ".join(f"`{k}` from {' or '.join(places(v))}" for k, v in r.get("map", {}).items())
        source = {"query": "the query", "body": "the JSON body", "raw": "the query, the body is raw bytes",
                  "stream": "the query, the body is taken piece by piece"}[r["input"]]
        out.append(f"`{r['method']} {r['path']}`: arguments from {source}{'; ' + moved if moved else ''}")
        out.append("")
    if c["fields"]:
        out += ["| Field | Type | Required | What |", "|---|---|---|---|"]
        for f in c["fields"]:
            limits = ", ".join(f"{k} {f[k]}" for k in ("min", "max", "max_len") if k in f)
            out.append(f"| `{f['name']}` | {f['type']}{' (' + limits + ')' if limits else ''} | "
                       f"{'yes' if f.get('required') else 'no'} | {f.get('doc', '')} |")
        out.append("")
    if c.get("reply"):
        out += [f"Answer: {c['reply']}", ""]
    rows = docs_errors(c, errors)
    if rows:
        out += ["| Status | Error | Text |", "|---|---|---|"] + rows + [""]
    if "example" in c:
        out += ["Example:", "", "```json", json.dumps(c["example"], indent=2), "```", ""]
    return "\n".join(out)


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def docs_pages(folder):
    """name -> text of every file of docs/api/"""
    commands = load(folder)
    errors = load_errors(folder)
    pages = {c["command"] + ".md": docs_page(c, errors) for c in commands}
    rows = [f"| [{c['command']}]({c['command']}.md) | {c['summary']} |" for c in commands]
    pages["README.md"] = "\n".join(
        ["# Commands", "", "Generated from `api/` by `tools/gen_api.py --docs`.", "", "| Command | What it does |", "|---|---|"]
        + rows + [""])
    return pages


def types_file(folder):
    return os.path.join(os.path.dirname(os.path.abspath(folder)), "web", "src", "api", "types.ts")


def docs(folder, target):
    gen_types.main([folder, types_file(folder)])
    os.makedirs(target, exist_ok=True)
    for name, text in docs_pages(folder).items():
        write(os.path.join(target, name), text)


def docs_check(folder, target):
    gen_types.main(["--check", folder, types_file(folder)])
    pages = docs_pages(folder)
    stale = sorted(set(os.listdir(target)) - set(pages))
    for name, text in pages.items():
        path = os.path.join(target, name)
        if not os.path.exists(path) or open(path, encoding="utf-8").read() != text:
            stale.append(name)
    check(not stale, target, f"run tools/gen_api.py --docs api docs/api ({', '.join(stale)})")


def main(args):
    if args and args[0] == "--docs":
        docs(args[1], args[2])
        return
    if args and args[0] == "--check":
        docs_check(args[1], args[2])
        return
    folder, h, c, d = args
    commands = load(folder)
    write(h, header(commands))
    write(c, code(commands))
    inputs = [os.path.join(folder, x) for x in sorted(os.listdir(folder)) if x.endswith(".json")]
    write(d, f"{h} {c}: {' '.join([folder] + inputs)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
