// SPDX-License-Identifier: Apache-2.0
// Signed encrypt of 1 KiB: each request carries a nonce and a signature of its own, made beforehand.
// As many accounts take turns as make sure that no two requests of one account are under way at once.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { World } from '../test/api/fixtures.ts'
import { run } from '../test/api/lib/process.ts'
import { Account } from '../test/api/lib/account.ts'
import type { Figure } from './run.ts'

const CONNECTIONS = 32
const ACCOUNTS = 4 * CONNECTIONS
const SECONDS = 2
const REQUESTS = 36_000 // more than two cores that also run wrk serve in that time

function requests(): string[] {
  const accounts = Array.from({ length: ACCOUNTS }, (_, i) => new Account(`bench ${i}`))
  return Array.from({ length: REQUESTS }, (_, i) => {
    const who = accounts[i % ACCOUNTS] as Account
    const nonce = Math.floor(i / ACCOUNTS) + 1
    return `/api/services/encrypt?consumerAddress=${who.address}&nonce=${nonce}&signature=${who.sign(nonce, 'encrypt')}`
  })
}

const script = (file: string): string => `
local paths, n = {}, 0
for line in io.lines("${file}") do paths[#paths + 1] = line end
wrk.method, wrk.body = "POST", string.rep("x", 1024)
wrk.headers["Content-Type"] = "application/octet-stream"
request = function() n = n + 1; return wrk.format(nil, paths[n] or "/out-of-requests") end
`

export async function benchEncrypt(w: World): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'atoll-bench-'))
  try {
    writeFileSync(join(dir, 'paths'), requests().join('\n'))
    writeFileSync(join(dir, 'encrypt.lua'), script(join(dir, 'paths')))
    const r = await run('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, '-s', join(dir, 'encrypt.lua'), w.url])
    const m = /Requests\/sec:\s+([\d.]+)/.exec(r.output)
    if (!m || /Non-2xx/.test(r.output)) throw new Error(r.output)
    return [{ name: 'encrypt, signed, 1 KiB, requests a second', value: Math.round(Number(m[1])).toString(), floor: '', goal: '3000' }]
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
