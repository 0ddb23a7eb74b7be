// SPDX-License-Identifier: Apache-2.0
// A shell by other ways than the page: `atoll service shell` in a terminal and in a pipe, and through the gateway.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Wallet } from 'ethers'
import { atoll } from './lib/chain.ts'
import { freePort, until } from './lib/process.ts'
import { Customer, Services, command } from './lib/services.ts'
import { Session } from './lib/session.ts'
import { Shell } from './lib/shell.ts'
import { Tenant } from './lib/solutions.ts'

let s: Services
let wallet: Wallet
let id: string
let https: number
before(async () => {
  https = await freePort()
  s = await Services.begin({
    SERVICE_SHELL: 'true', GATEWAY: 'true', GATEWAY_BIND: '127.0.0.1', GATEWAY_HTTP_PORT: String(await freePort()), GATEWAY_HTTPS_PORT: String(https)
  })
  wallet = await s.w.chain.newAccount()
  const session = new Session(s.w.url)
  assert.equal((await session.siwe(wallet)).status, 200)
  await session.acceptTerms()
  id = await new Customer(session, await s.grant(new Tenant(session))).running('mine')
})
after(async () => { await s?.stop() })

interface Ended { status: number | null; out: Buffer; err: string }
const env = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, PRIVATE_KEY: wallet.privateKey, TERM: 'xterm' })
const args = (...more: string[]): string[] => ['service', 'shell', 'mine', '--node', s.w.url, ...more]

function run(program: string, words: string[], input: Buffer | string = ''): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env: env() })
    const r: Ended = { status: null, out: Buffer.alloc(0), err: '' }
    child.stdout.on('data', (b: Buffer) => { r.out = Buffer.concat([r.out, b]) })
    child.stderr.on('data', (b: Buffer) => { r.err += String(b) })
    child.on('error', reject).on('close', (status) => { resolve({ ...r, status }) })
    child.stdin.on('error', () => {}).end(input)
  })
}

test('in a pipe: bytes in and out as they are, errors apart, the status of the command', async () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255))
  const r = await run(atoll, args('--container', 'web', '--', 'sh', '-c', 'cat; echo oops >&2; exit 42'), bytes)
  assert.deepEqual([r.status, r.err], [42, 'oops\n'])
  assert.ok(r.out.equals(bytes))
})

test('words with blanks and quotes arrive as they are; a script on its input runs', async () => {
  const words = ['a b', '"q"', '$HOME', '*', 'ü&=%+']
  assert.deepEqual(String((await run(atoll, args('--', 'printf', '%s|', ...words))).out).split('|').slice(0, -1), words)
  const r = await run(atoll, args(), 'echo from a script\nexit 5\n')
  assert.deepEqual([r.status, String(r.out)], [5, 'from a script\n'])
})

test('in a terminal: raw, of its size, and what was asked for is answered', async () => {
  // script(1) gives it a terminal
  const line = [atoll, ...args('--container', 'web')].map((w) => `'${w}'`).join(' ')
  const child = spawn('script', ['-qec', `stty rows 33 cols 99; ${line}; echo status $?; stty -a`, '/dev/null'], { env: env() })
  let out = ''
  child.stdout.on('data', (b: Buffer) => { out += String(b) })
  const ended = new Promise<void>((resolve) => child.on('close', () => { resolve() }))
  await until('a prompt', () => out.includes('# '), 60_000)
  child.stdin.write('stty size; tty\n')
  await until('its size', () => /33 99\r\n\/dev\/pts\/\d+/.test(out), 60_000)
  child.stdin.write('sleep 5001\n')
  await until('it', async () => (await command(`/atoll-s-${id.slice(0, 8)}-web`, ['/bin/busybox', 'ps', '-o', 'args'])).includes('sleep 5001'), 60_000)
  child.stdin.write('\x03') // goes there, and does not end this program
  child.stdin.write('echo st""ill here\n')
  await until('the shell', () => out.includes('still here'), 60_000)
  child.stdin.write('exit 9\n')
  await ended
  assert.match(out, /status 9\r\n/)
  assert.match(out, / icanon/, 'the terminal is as it was')
})

test('what goes wrong is said, with a status of its own', async () => {
  const none = await run(atoll, ['service', 'shell', 'nothing', '--node', s.w.url])
  assert.deepEqual([none.status, none.err], [1, "atoll: you have no deployment 'nothing'\n"])
  const container = await run(atoll, args('--container', 'none'))
  assert.equal(container.status, 1)
  assert.match(container.err, /There is no container 'none'/)
  const long = await run(atoll, args('--', 'echo', ...Array(70).fill('x')))
  assert.equal(long.status, 2)
  const killed = await run(atoll, args('--container', 'web', '--', 'sh', '-c', 'kill -9 $$'))
  assert.equal(killed.status, 137)
})

test('through the gateway, over https: the page there, and no other', async () => {
  const root = join(s.w.dir, 'node/gateway/storage/pki/authorities/local/root.crt')
  const ca = await until('the gateway\'s root', () => { try { return readFileSync(root, 'utf8') } catch { return null } }, 60_000)
  const there = new Session(`https://localhost:${https}`, { ca, address: '127.0.0.1' })
  await until('the gateway', () => there.get('/auth/options').then((r) => r.status === 200, () => false), 60_000)
  assert.equal((await there.siwe(wallet)).status, 200)
  assert.ok(there.cookies.has('__Host-atoll_session'))
  const sh = await Shell.open(there, id, { container: 'web' })
  sh.type('echo $((6*7)); stty size\n')
  await sh.shows('42')
  await sh.leave()
  for (const origin of ['https://localhost', `http://localhost:${https}`, 'https://evil.example'])
    await assert.rejects(Shell.open(there, id, {}, { origin }), /403 /, origin)
  const reader = await Shell.open(there, id, { container: 'web', tty: false, command: ['sh', '-c', 'head -c 3000000 /dev/zero; read x'] })
  await until('3 MB', () => reader.length === 3_000_000, 60_000)
  assert.equal((await there.post('/auth/logout')).status, 200)
  await reader.ends()
  assert.deepEqual(reader.said, { error: 'Your session has ended' })
})
