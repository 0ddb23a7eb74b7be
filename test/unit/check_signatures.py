#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every contract function or event that the sources name is one of Ocean's, and returns those types.

Usage: check_signatures.py SRC vectors/contracts.tsv (made by test/vectors/contracts.mjs). Prints TAP.
"""
import pathlib
import re
import sys

# Not in Ocean's artifacts: what smart accounts have.
FOREIGN = {'isValidSignature(bytes32,bytes)': '(bytes4)'}
NAMED = re.compile(r'"([A-Za-z_]\w*\((?:[a-z0-9\[\](),]*)\))"')
RETURNS = re.compile(r'\.signature = "([^"]+)".{0,400}?\.returns\s*=\s*((?:"[^"]*"\s*)+)', re.S)


def normal(types):
    """Returned (a,b) and ((a,b)) are the same words when nothing in them is dynamic."""
    inner = types[1:-1]
    if inner.startswith('(') and inner.endswith(')') and '[' not in inner and 'string' not in inner:
        return inner
    return types


def fits(theirs, ours):
    """We may read a number into a wider one."""
    return len(theirs.split(',')) == len(ours.split(',')) and all(
        a == b or re.sub(r'uint\d+', 'uint256', a) == b
        for a, b in zip(theirs.split(','), ours.split(',')))


def main(src, vectors):
    functions = {}
    for line in open(vectors, encoding='utf-8'):
        kind, *fields = line.rstrip('\n').split('\t')
        if kind == 'event':
            functions.setdefault(fields[1], set())
        if kind == 'function':
            functions.setdefault(fields[1], set()).add(normal(fields[3]))
    for signature, returns in FOREIGN.items():
        functions.setdefault(signature, set()).add(returns)
    wrong, seen = [], 0
    for path in sorted(pathlib.Path(src).rglob('*.c')):
        text = path.read_text(encoding='utf-8').replace('"\n', '"')
        joined = re.sub(r'"\s*"', '', text)
        for signature in NAMED.findall(joined):
            seen += 1
            if signature not in functions:
                wrong.append(f'{path.name}: {signature} is nothing that the contracts have')
        for signature, returns in RETURNS.findall(joined):
            types = ''.join(re.findall(r'"([^"]*)"', returns))
            if signature in functions and not any(fits(t, normal(types)) for t in functions[signature]):
                wrong.append(f'{path.name}: {signature} returns {functions[signature]}, not {types}')
    print('1..1')
    print(('not ok' if wrong or not seen else 'ok') + f' 1 - {seen} uses of contract functions')
    for line in wrong:
        print('#', line)
    return 1 if wrong or not seen else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
