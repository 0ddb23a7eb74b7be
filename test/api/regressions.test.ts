// SPDX-License-Identifier: Apache-2.0
// Defects that the original of the marketplace had. Each must not come back: some test names it, "regression 7: ...", and
// so do unit tests, regression_7_....
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')

const defects: Record<number, string> = {
  1: 'who a wizard belongs to comes only from the session',
  2: 'a wizard of one person cannot be used by another',
  3: 'a wizard survives a restart, expires, and is freed',
  4: 'going back repeats no side effect and makes no size grow',
  5: 'the server checks every answer against the package again',
  6: 'a payment is written down before funds move; who closes the tab after paying still gets the deployment',
  7: 'what was quoted is what is billed',
  8: 'an extension charges only the extension',
  9: 'a deployment that failed half-way can be seen and deleted, and is cleaned up',
  10: 'a deletion reports what was deleted; ids of others are refused and nothing is touched',
  11: 'a list costs by its own rows, not by those of everybody',
  12: 'names are unique by a constraint of the database, also at the same time',
  13: 'an error of the DNS does not mean that a name is free',
  14: 'secrets are random, have no defaults, and are never shown in reviews, logs, lists',
  15: 'overcommitment never sells more disk than there is, and never changes a price',
  16: 'test certificates are for the certificate of the marketplace itself, too',
  17: 'no command is made of texts for a shell',
  18: 'a backup server without authentication is not used',
  19: 'the key of transport is not the key of the contents; keys are derived with a salt',
  20: 'restores are tested by themselves; a backup that fails raises an alert',
  21: 'a package that was removed leaves no routes; installing it twice does nothing twice',
  22: 'services listen on the machine itself; whoever goes round the proxy is refused as well',
  23: 'no address of an operator is in the sources'
}

/** Every test file with its text, this one excepted. */
function files(folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((f) => {
    const path = join(folder, f.name)
    if (f.isDirectory()) return f.name === 'node_modules' || f.name === 'corpus' ? [] : files(path)
    return /(\.test\.(ts|mts)|test_\w+\.c)$/.test(f.name) && f.name !== 'regressions.test.ts' ? [path] : []
  })
}

/** The numbers in titles of tests: "regression 7: ...", "regression 1, 2: ...", regression_7_... */
function numbers(text: string): number[] {
  const titles = [...text.matchAll(/(?:test|it|describe)\(\s*(['"`])(.*?)\1/gs)].map((m) => m[2] ?? '')
  const named = titles.flatMap((t) => [...t.matchAll(/regressions? ((?:\d+(?:, | and )?)+)/gi)].flatMap((m) => (m[1] ?? '').match(/\d+/g) ?? []))
  const functions = [...text.matchAll(/static void regression_((?:\d+_)+)/g)].flatMap((m) => (m[1] ?? '').match(/\d+/g) ?? [])
  return [...named, ...functions].map(Number)
}

const where = new Map<number, string[]>()
for (const path of files()) {
  for (const n of new Set(numbers(readFileSync(path, 'utf8')))) where.set(n, [...where.get(n) ?? [], path.slice(root.length + 1)])
}

for (const [n, text] of Object.entries(defects)) {
  test(`${n}: ${text}`, (t) => {
    const found = where.get(Number(n)) ?? []
    assert.ok(found.length > 0, `no test is named "regression ${n}: ..."`)
    t.diagnostic(found.join(', '))
  })
}

test('no test names a defect that is not in the list', () => {
  assert.deepEqual([...where.keys()].filter((n) => !(n in defects)), [])
})
