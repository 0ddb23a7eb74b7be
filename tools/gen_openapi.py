#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""api/*.json -> the OpenAPI 3.1 document that the node serves at /openapi.json.

Usage: gen_openapi.py API_DIR VERSION openapi.json openapi.d     (the last is a dependency file)
"""
import json
import os
import re
import sys

from gen_api import SESSIONS, error_text, errors_at, load, load_errors, places

TEXT, JSON = "text/plain; charset=utf-8", "application/json; charset=utf-8"
ANYWHERE = [  # refused before any command is looked at
    "BAD_REQUEST", "REQUEST_DENIED", "TOO_MANY_CLIENTS", "REQUEST_TIMEOUT", "BODY_TOO_LARGE", "RATE_LIMIT",
    "HEADERS_TOO_LARGE", "TOO_BUSY"]
SCHEMAS = {
    "string": {"type": "string"},
    "text": {"type": ["string", "number"]},
    "address": {"type": "string", "pattern": "^0[xX][0-9a-fA-F]{40}$"},
    "int": {"type": "integer"},
    "number": {"type": "number"},
    "bool": {"type": "boolean"},
    "object": {"type": "object"},
    "array": {"type": "array"},
    "strings": {"type": "array", "items": {"type": "string"}},
    "json": {},
}
INFO = """The Ocean Node protocol as this node speaks it. Every `GET` answers `HEAD` too, every path `OPTIONS`; letter case and a \
slash at the end of a path do not matter. A request is signed over the caller's address, a nonce and the name of the command, \
or carries a token in the header `Authorization`."""


def field_schema(f):
    s = dict(SCHEMAS[f["type"]])
    for key, name in (("min", "minimum"), ("max", "maximum"), ("max_len", "maxLength")):
        if key in f:
            s[name] = f[key]
    if f.get("doc"):
        s["description"] = f["doc"]
    return s


def object_schema(fields):
    s = {"type": "object", "properties": {f["name"]: field_schema(f) for f in fields}}
    required = [f["name"] for f in fields if f.get("required")]
    if required:
        s["required"] = required
    return s


def query_schema(f):
    """A query has texts only: objects stand there as JSON."""
    if f["type"] in ("object", "json"):
        return {"type": "string", "contentMediaType": "application/json"}
    s = field_schema(f)
    s.pop("description", None)
    return {**s, "type": "string"} if f["type"] == "text" else s


def parameter(f, where, name):
    p = {"name": name, "in": where, "schema": query_schema(f)}
    if f.get("doc"):
        p["description"] = f["doc"]
    if f.get("required") or where == "path":
        p["required"] = True
    return p


# ---- answers

def error_content(errors, style):
    examples = {e["name"]: {"value": {"error": error_text(e)} if style == "object" else error_text(e)} for e in errors}
    schema = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]} \
        if style == "object" else {"type": "string"}
    return {TEXT if style == "text" else JSON: {"schema": schema, "examples": examples}}


def responses(c, route, table):
    style = route.get("errors", "text") if route else "text"
    kind, schema = c.get("reply_type", "application/json"), c.get("reply_schema")
    if route is None and "reply_direct" in c:
        kind, schema = c["reply_direct"]["type"], c["reply_direct"].get("schema")
    out = {}
    if c.get("reply") or schema:
        out["200"] = {"description": c.get("reply", "done"), "content": {kind: {"schema": schema} if schema else {}}}
    by_status = {}
    for name in errors_at(c, route):
        by_status.setdefault(table[name]["status"], []).append(table[name])
    for status, errors in sorted(by_status.items()):
        out[str(status)] = {"description": ", ".join(e["name"] for e in errors), "content": error_content(errors, style)}
    out["default"] = {"$ref": "#/components/responses/Refused"}
    return out


# ---- operations

def templates(path):
    """OpenAPI knows no optional parts: a path with one is two paths."""
    whole = re.sub(r":(\w+)\??", r"{\1}", path)
    return [re.sub(r"/:\w+\?$", "", re.sub(r":(\w+)(?=/)", r"{\1}", path)), whole] if path.endswith("?") else [whole]


def sources(r):
    """field -> (query|path|header|body, name there)"""
    plain = "body" if r["input"] == "body" else "query"
    found = {f["name"]: (plain, f["name"]) for f in r["command"]["fields"]}
    for field, texts in r.get("map", {}).items():
        where, _, name = places(texts)[0].partition(".")
        found[field] = (where, name)
    return found


def body_of(r, where):
    fields = r["command"]["fields"]
    if r["input"] in ("raw", "stream"):
        return {"required": bool(r.get("empty_body")),
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    whole = [f for f in fields if where[f["name"]] == ("body", "")]
    inside = [f for f in fields if where[f["name"]][0] == "body" and where[f["name"]][1]]
    if r["input"] != "body" and not whole:
        return None
    schema = field_schema(whole[0]) if whole else object_schema(inside)
    return {"required": bool(r.get("empty_body")), "content": {"application/json": {"schema": schema}}}


def operation(r, template, table, taken):
    c = r["command"]
    where = sources(r)
    name = r.get("name") or c["command"]
    while name in taken:
        name += "_"
    taken.add(name)
    op = {"operationId": name, "summary": c["summary"]}
    if c.get("description"):
        op["description"] = c["description"]
    parameters = [parameter(f, *where[f["name"]]) for f in c["fields"]
                  if where[f["name"]][0] in ("query", "header") or
                  where[f["name"]][0] == "path" and "{%s}" % where[f["name"]][1] in template]
    if parameters:
        op["parameters"] = parameters
    body = body_of(r, where)
    if body:
        op["requestBody"] = body
    if c.get("auth", "none").startswith("signature"):
        op["security"] = [{"token": []}, {}]
    if c.get("auth") in SESSIONS:
        op["security"] = [{"session": []}, {"token": []}]
    op["responses"] = responses(c, r, table)
    return op


def direct_schemas(commands):
    out = {}
    for c in commands:
        s = object_schema(c["fields"])
        s["properties"] = {"command": {"const": c["command"]}, **s["properties"],
                           "authorization": {"type": "string", "description": "a token"}}
        s["required"] = ["command"] + s.get("required", [])
        s["description"] = c["summary"]
        out[c["command"]] = s
    return out


def direct(commands, table):
    refs = {c["command"]: f"#/components/schemas/{c['command']}" for c in commands}
    body = {"schema": {"oneOf": [{"$ref": ref} for ref in refs.values()],
                       "discriminator": {"propertyName": "command", "mapping": refs}},
            "examples": {c["command"]: {"value": c["example"]} for c in commands if "example" in c}}
    answers = {"200": {"description": "the command's answer", "content": {"*/*": {}}}}
    names = dict.fromkeys(n for c in commands for n in errors_at(c, None))
    for name in sorted(names, key=lambda n: table[n]["status"]):
        e = table[name]
        r = answers.setdefault(str(e["status"]), {"description": "", "content": error_content([], "text")})
        r["description"] += (", " if r["description"] else "") + name
        r["content"][TEXT]["examples"][name] = {"value": error_text(e)}
    answers["default"] = {"$ref": "#/components/responses/Refused"}
    return {"post": {"operationId": "directCommand", "summary": "Any command, by its name.",
                     "requestBody": {"required": True, "content": {"application/json": body}}, "responses": answers}}


def document(folder, version):
    table = load_errors(folder)
    commands = load(folder)
    reachable = [c for c in commands if c.get("direct", True)]
    paths = {"/directCommand": direct(reachable, table)}
    taken = {"directCommand"}
    for r in sorted((r for c in commands for r in c["routes"]), key=lambda r: (r["path"].lower(), r["method"])):
        for template in templates(r["path"]):
            paths.setdefault(template, {})[r["method"].lower()] = operation(r, template, table, taken)
    anywhere = [table[n] for n in ANYWHERE]
    refused = {"description": "Refused before the command was looked at: " +
               ", ".join(f"{e['status']} {e['name']}" for e in anywhere), "content": error_content(anywhere, "text")}
    return {"openapi": "3.1.0",
            "info": {"title": "Atoll", "version": version, "summary": "A data and compute marketplace node.", "description": INFO,
                     "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
            "servers": [{"url": "/"}], "paths": paths,
            "components": {"schemas": direct_schemas(reachable), "responses": {"Refused": refused},
                           "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "Authorization"},
                                               "session": {"type": "apiKey", "in": "cookie", "name": "atoll_session"}}}}


def main(folder, version, target, deps):
    with open(target, "w", encoding="utf-8") as f:
        json.dump(document(folder, version), f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")
    inputs = [os.path.join(folder, x) for x in sorted(os.listdir(folder)) if x.endswith(".json")]
    with open(deps, "w", encoding="utf-8") as f:
        f.write(f"{target}: {' '.join([folder, os.path.join(os.path.dirname(__file__), 'gen_api.py')] + inputs)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
