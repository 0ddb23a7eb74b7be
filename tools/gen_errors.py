#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""api/errors.json -> errors.gen.h: enum errcode, the status table and the ERR_TEXT_ formats.

Usage: gen_errors.py errors.json errors.gen.h
"""
import json
import sys


def c_string(text):
    return json.dumps(text, ensure_ascii=True)


def main(source, target):
    with open(source, encoding="utf-8") as f:
        errors = json.load(f)
    out = ["/* Generated from api/errors.json by tools/gen_errors.py; do not edit. */",
           "#ifndef ATOLL_ERRORS_GEN_H", "#define ATOLL_ERRORS_GEN_H", "", "#define ERR_TABLE(X) \\"]
    out += [f"    X({e['name']}, {e['status']}) \\" for e in errors]
    out += ["", "enum errcode {"]
    out += [f"    ERR_{e['name']}," for e in errors]
    out += ["};", ""]
    out += [f"#define ERR_TEXT_{e['name']} {c_string(e['text'])}" for e in errors]
    out += ["", "#endif", ""]
    with open(target, "w", encoding="utf-8") as f:
        f.write("\n".join(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
