#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes test/unit/vectors/toml.json: [[text, value]] as Python's tomllib reads them; null for a text
that it refuses. Run: python3 test/vectors/toml.py

Left out is what Atoll refuses on purpose: inf, nan, integers beyond 2^53, a NUL in a key. Dates are
written here in the form in which Python prints them, because Atoll keeps them as they stand.
"""
import datetime
import json
import math
import os
import random
import tomllib

random.seed(8996)

GOOD = [
    '', '\n', '# only a comment', 'a = 1 # behind it', 'a=1\r\nb=2\r\n', '\ta\t=\t1\t', 'a.b.c = 1\na.b.d = 2',
    'a . b = 1', '"a b" = 1', "'a\"b' = 1", '"" = 1', '"\\u00e9" = 1', '1 = 1', '-_ = 1', 'a."b.c".d = true',
    'a = ""', "a = ''", 'a = "\\b\\t\\n\\f\\r\\"\\\\\\u00E9\\U0001F3DD"', "a = 'C:\\temp'", 'a = "é 🏝"',
    'a = """\nline\nnext"""', 'a = """\\\n   joined \\\n\n  here"""', 'a = """"quoted" """', 'a = """two "" three"""',
    'a = """x"""""', "a = '''\nraw \\n\n'''", "a = '''x'''''", 'a = """a\r\nb"""', 'a = """\\  \n  x"""',
    'a = 0', 'a = +0', 'a = -0', 'a = 1_000_000', 'a = 0xDEAD_beef', 'a = 0o755', 'a = 0b1010', 'a = -17',
    'a = 9007199254740991', 'a = -9007199254740991', 'a = 1.5', 'a = -0.0', 'a = 6.02e23', 'a = 1e5', 'a = 1E-3',
    'a = +1.0', 'a = 1_0.0_1', 'a = 1e0_6', 'a = 3.141592653589793', 'a = true', 'a = false',
    'a = 1979-05-27', 'a = 07:32:00', 'a = 07:32:00.123000', 'a = 1979-05-27T07:32:00', 'a = 2024-02-29',
    'a = 1979-05-27T07:32:00-07:00', 'a = []', 'a = [1, 2,]', 'a = [\n1, # one\n2\n]', 'a = [[1], ["x"], []]',
    'a = [{b = 1}, {b = 2}]', 'a = {}', 'a = {b = 1, c.d = 2, c.e = 3}', 'a = { b = { c = {} } }', "a = {'b c' = 1}",
    '[a]', '[a.b.c]', '[ a . b ]', '["a.b"]', '[a]\nb = 1\n[c]\nb = 2', '[a.b]\nc = 1\n[a]\nd = 2', '[[a]]', '[[a]]\nb=1\n[[a]]\nb=2',
    '[[a]]\n[a.b]\nc=1\n[[a]]\n[a.b]\nc=2', '[[a.b]]\n[[a.b]]', '[[a]]\n[[a.b]]\n[[a.b]]', '[a]\nb.c = 1\n[a.b.d]\ne = 1',
    '[a.b.c]\nz = 9\n[a]\nb.x = 1', 'a.b = 1\n[a.c]\nd = 2', '[x.y.z.w]\n[x]', '[a]\n[a.b]\n[a.c]', 'a = [ # c\n # d\n]',
]
BAD = [
    'a', 'a =', '= 1', 'a = 1 b = 2', 'a = 1\na = 2', 'a.b = 1\na = 2', 'a = 1\na.b = 2', '[a]\n[a]', '[a', '[a]]', '[[a]', '[]', '[[]]',
    '[a]\nb = 1\n[a.b]', '[a.b]\n[a]\nb = 1', '[a]\nb.c = 1\n[a.b]', 'a = {b = 1}\na.c = 2', 'a = {b = 1}\n[a.c]', 'a = [1]\n[[a]]',
    'a = []\n[[a]]', '[[a]]\n[a]', '[a]\n[[a]]', 'a = {b = 1,}', 'a = {b = 1\n}', 'a = {b = 1 c = 2}', 'a = [1 2]', 'a = [1,,2]', 'a = [',
    'a = {', 'a = "x', "a = 'x", 'a = """x', "a = '''x''", 'a = "x\ny"', 'a = "\\x"', 'a = "\\u12"', 'a = "\\ud800"', 'a = "\\U00110000"',
    'a = "\x01"', "a = '\x7f'", '# \x01', 'a = 01', 'a = 1__0', 'a = _1', 'a = 1_', 'a = 0x', 'a = 0x_1', 'a = 0xg', 'a = 0b2', 'a = 0o8',
    'a = +0x1', 'a = 1.', 'a = .5', 'a = 1.e5', 'a = 1e', 'a = 1._5', 'a = 1_e5', 'a = 1e_5', 'a = True', 'a = yes', 'a = --1', 'a = 1-2',
    'a = 1979-13-01', 'a = 1979-02-30', 'a = 2023-02-29', 'a = 1979-05-27T', 'a = 24:00:00', 'a = 07:60:00', 'a = 7:32:00', 'a = 07:32',
    'a = 1979-05-27T07:32:00+25:00', 'a = 0000-01-01', 'a b = 1', 'a. = 1', '.a = 1', 'a..b = 1', '"a = 1', '"""a""" = 1', 'a = 1\r', 'a\r= 1',
    '[a.b.c]\nz=9\n[a]\nb.c.t = 1', '[[a.b]]\n[a]\nb.c = 1', 'a.b.c = 1\n[a.b]', 'a = {b.c = 1, b = 2}', 'a = {b = {c = 1}, b.d = 2}',
    'a = 1 # \x00', 'a = "\\ "', 'a = {a = 1, a = 2}', 'a = @', '\ufeffa = 1', '[a]b = 1', '[ a]]', '[ [a]]', 'a = """""""""', 'a = [1]]',
]
PIECES = ['a', 'b', '.', '"', "'", '"""', "'''", ' = ', '=', '1', '0x1f', '1.5', 'true', '[', ']', '[[', ']]', '{', '}', ',', '\n', '\r\n', ' ',
          '#', 'c\n', '\\', '\\n', '\\u00e9', '_', '-', '+', '1979-05-27', 'T07:32:00', 'é', '\t', 'a = 1\n', '[a]\n', '[[a]]\n', 'a.b = 1\n', '[a.b]\n']


def plain(v):
    """As JSON; None inside means: a value that Atoll does not hold."""
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    if isinstance(v, list):
        return [plain(x) for x in v]
    if isinstance(v, (datetime.datetime, datetime.date, datetime.time)):
        return v.isoformat()
    if isinstance(v, float) and not math.isfinite(v) or isinstance(v, int) and abs(v) > 2**53 - 1:
        raise OverflowError
    return v


def dates_as_written(text, v):
    """Python prints a date in one form; the text may have another."""
    if isinstance(v, dict):
        return all(dates_as_written(text, x) for x in v.values())
    if isinstance(v, list):
        return all(dates_as_written(text, x) for x in v)
    return not isinstance(v, (datetime.datetime, datetime.date, datetime.time)) or v.isoformat() in text


def nul_in_key(v):
    return isinstance(v, dict) and any('\0' in k or nul_in_key(x) for k, x in v.items()) or \
        isinstance(v, list) and any(nul_in_key(x) for x in v)


def read(text):
    """(kept, value): not kept when Atoll differs on purpose."""
    try:
        v = tomllib.loads(text)
        return dates_as_written(text, v) and not nul_in_key(v), plain(v)
    except OverflowError:
        return False, None
    except tomllib.TOMLDecodeError:
        return True, None


def mutated(text):
    for _ in range(random.randint(1, 3)):
        at = random.randint(0, len(text))
        end = min(len(text), at + random.choice([0, 0, 1, 2]))
        text = text[:at] + random.choice(PIECES) + text[end:]
    return text


texts = GOOD + BAD
texts += [random.choice(GOOD) + '\n' + random.choice(GOOD) for _ in range(1500)]
texts += [mutated(random.choice(GOOD + BAD)) for _ in range(2000)]
texts += [''.join(random.choice(PIECES) for _ in range(random.randint(2, 14))) for _ in range(500)]
rows = []
for text in dict.fromkeys(texts):
    kept, v = read(text)
    if text in GOOD:
        assert kept and v is not None, text
    if text in BAD:
        assert v is None, text
    if kept:
        rows.append([text, v])
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, '../unit/vectors/toml.json'), 'w', encoding='utf-8') as f:
    f.write('[\n' + ',\n'.join(json.dumps(r) for r in rows) + '\n]\n')
print(len(rows), 'texts,', sum(r[1] is None for r in rows), 'refused')
