#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tally.py FILE...: counts test cases in meson's testlog.json and in TAP files; *.first, which were played
once more, are only told about.

Prints a line `failed: ...` for each case that failed, with its first words of why, then
`N passed, N failed`; exit 1 when one failed or none passed. A program that dies counts as
one failed case beside those it still reported. In TAP, a group is what its cases are: only the
innermost lines count.
"""
import json
import os
import re
import sys

LINE = re.compile(r'^( *)(ok|not ok) \d+(?: - (.*))?')
ERROR = re.compile(r"^ *error: (?:\|-\n *)?'?(.*)", re.M)
WHY_MAX = 400
# what only says that something else failed
ECHO = re.compile(r"failureType: '?(subtestsFailed|cancelledByParent)")


def cases(text):
    """(passed, failed) of TAP text."""
    lines = [m for m in map(LINE.match, text.split('\n')) if m]
    passed = failed = deeper = 0
    for m in lines:
        depth = len(m.group(1))
        # node's reporter prints the cases of a group, indented, before the group itself
        group, deeper = depth < deeper, depth
        if re.search(r'# SKIP', m.group(3) or '', re.I):
            continue
        if m.group(2) == 'ok':
            passed += not group
        else:
            failed += not group
    # a group that failed by itself, in its set-up or its teardown
    if not failed and any(m.group(2) == 'not ok' for m in lines):
        failed = 1
    return passed, failed


def reasons(text):
    """(name, why) of what failed by itself in TAP text."""
    lines = text.split('\n')
    found = []
    for i, line in enumerate(lines):
        m = LINE.match(line)
        if not m or m.group(2) == 'ok':
            continue
        # what stands below a line is its reason: node's block, cmocka's remarks
        end = next((k for k in range(i + 1, len(lines)) if LINE.match(lines[k])), len(lines))
        block = '\n'.join(lines[i + 1:end])
        error = ERROR.search(block)
        remarks = ' '.join(x.strip('# ') for x in lines[i + 1:end] if x.lstrip().startswith('#'))
        if not ECHO.search(block):
            found.append((m.group(3) or '?', error.group(1) if error else remarks))
    return found


def report(name, text, how='failed'):
    for case, why in reasons(text):
        print(f'{how}: {name}: {case}: {why[:WHY_MAX]}')


def programs(path):
    passed = failed = 0
    for line in open(path, encoding='utf-8'):
        run = json.loads(line)
        good, bad = cases(run.get('stdout', ''))
        if run['result'] == 'OK':
            good = good or 1
        elif run['result'] != 'SKIP':
            bad = bad or 1
            report(run['name'], run.get('stdout', ''))
            last = run.get('stderr', '').strip().split('\n')[-3:]
            print(f"failed: {run['name']}: {run['result']}: {' / '.join(last)[:WHY_MAX]}")
        passed, failed = passed + good, failed + bad
    return passed, failed


def main():
    passed = failed = 0
    for path in sys.argv[1:]:
        if not os.path.exists(path):
            continue
        if path.endswith('.json'):
            good, bad = programs(path)
        else:
            with open(path, encoding='utf-8', errors='replace') as f:
                text = f.read()
            name, kind = os.path.splitext(os.path.basename(path))
            if kind == '.first':
                report(name, text, 'unstable')
                continue
            good, bad = cases(text)
            report(name, text)
        passed, failed = passed + good, failed + bad
    print(f'{passed} passed, {failed} failed')
    sys.exit(1 if failed or not passed else 0)


main()
