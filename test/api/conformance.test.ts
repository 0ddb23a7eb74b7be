// SPDX-License-Identifier: Apache-2.0
// Every error that a command lists in api/*.json, through every way in: status, content type and
// text are those of api/errors.json. A listed error that nobody provokes fails this test.
// Wrong and missing fields are the business of fields.test.ts.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ask, commands, doorsOf, errorText, errors, listedAt, pattern } from './lib/api.ts'
import { exempt, provocations, type Table } from './lib/provoke.ts'
import { Stage } from './lib/stage.ts'

let s: Stage
let table: Table
before(async () => {
  s = await Stage.start()
  table = provocations(s)
})
after(async () => { await s.stop() })

for (const command of commands.filter((c) => c.errors?.length)) {
  describe(command.command, () => {
    for (const door of doorsOf(command)) {
      for (const name of listedAt(door)) {
        if (exempt[`* ${name}`] || exempt[`${command.command} ${name}`]) continue
        test(`${name} by ${door.name}`, async () => {
          const e = errors.get(name)
          const how = table[command.command]?.[name]
          assert.ok(e && how, `no row in lib/provoke.ts for ${command.command} ${name}`)
          const args = typeof how.args === 'function' ? await how.args() : how.args
          const known = Object.fromEntries(Object.entries(args).filter(([k]) => command.fields.some((f) => f.name === k) || k === 'query'))
          const raw = door.input === 'raw' ? { raw: how.raw ?? 'x', type: how.type } : {}
          const r = await ask(how.bare ? s.bare.url : s.w.url, door, { args: how.raw === undefined ? known : args, token: how.token, ...raw })
          assert.equal(r.status, e.status, r.text)
          const text = errorText(door, r)
          assert.ok(text !== null, `written otherwise: ${r.type} ${r.text}`)
          assert.match(text, pattern(e, how.says))
        })
      }
    }
  })
}

test('the rows are of errors that are listed, the exceptions too', (t) => {
  const listed = new Set(commands.flatMap((c) => doorsOf(c).flatMap((d) => listedAt(d).map((name) => `${c.command} ${name}`))))
  const names = new Set([...listed].map((x) => `* ${x.split(' ')[1]}`))
  for (const key of Object.keys(exempt)) if (!listed.has(key) && !names.has(key)) t.diagnostic(`exception for what nobody lists: ${key}`)
  const without = commands.filter((c) => !c.errors).map((c) => c.command)
  t.diagnostic(`${without.length} commands list no errors: ${without.join(', ')}`)
  t.diagnostic(`${listed.size} errors of commands, ${Object.keys(exempt).length} exceptions`)
})
