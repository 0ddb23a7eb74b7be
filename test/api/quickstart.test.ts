// SPDX-License-Identifier: Apache-2.0
// docs/quickstart.md, run word for word: every block marked `sh`, in one shell, on real parts.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { after, before, describe, test } from 'node:test'
import { atoll } from './lib/chain.ts'
import { registry } from './lib/docker.ts'
import { Program, freePort, run } from './lib/process.ts'

const doc = readFileSync(new URL('../../docs/quickstart.md', import.meta.url), 'utf8')
const blocks = [...doc.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((m) => m[1] ?? '')
const dir = mkdtempSync(join(tmpdir(), 'atoll-quickstart-'))
let world: Program
let said: string[] = []

/** What the block that holds this text printed. */
const output = (text: string): string => {
  const i = blocks.findIndex((b) => b.includes(text))
  assert.notEqual(i, -1, `no block with ${text}`)
  return said[i] ?? ''
}

before(async () => {
  const { address, nodeImage } = registry()
  const [port, chain] = [await freePort(), await freePort()]
  mkdirSync(join(dir, 'build'))
  symlinkSync(atoll, join(dir, 'build', 'atoll'))
  world = new Program('env', ['-C', dir, `ATOLL_DEVNET_DIR=${new URL('../../devnet', import.meta.url).pathname}`, atoll, 'run',
    '--port', String(port), '--chain-port', String(chain), '--image', `${address}/${nodeImage}`])
  await world.line(/^ready/m, 60_000)
})
after(async () => {
  const status = await world.stop()
  rmSync(dir, { recursive: true, force: true })
  assert.equal(status, 0, world.output)
})

describe('the quickstart', () => {
  test('every block runs', async () => {
    const storage = await freePort()
    const script = ['set -euo pipefail', 'trap \'kill "${STORAGE:-}" 2>/dev/null || true\' EXIT',
      ...blocks.map((b) => `${b}\nprintf '\\n%s\\n' '--8<--'`)].join('\n').replaceAll('8031', String(storage))
    const { status, output } = await run('env', ['-C', dir, '-u', 'NODE_URL', '-u', 'PRIVATE_KEY', 'bash', '-c', script], process.env, 180_000)
    said = output.split('--8<--')
    assert.equal(status, 0, output)
    assert.equal(said.length, blocks.length + 1)
  })
  test('the asset is found by its name', () => { assert.match(output('asset list'), /Asset1/) })
  test('exactly what was approved is for sale', () => {
    assert.match(output('market offer'), /"available":"20\.0"/)
  })
  test('three tokens have a price with fees', () => { assert.match(output('market price'), /^7\.5\d*$/m) })
  test('Bob holds what he bought', () => { assert.match(output('datatoken balance'), /"balance":"1\.0"/) })
  test('the job finishes and is settled', () => {
    const job = output('compute start --dataset "$DID" --service compute --code-file run/hello.js')
    assert.match(job, /"status":70,/)
    assert.match(job, /"exitCode":0/)
  })
  test('the result is there', () => {
    assert.match(output('compute results'), /Hello world\s*$/)
    assert.match(output('compute results'), /^outputs\.tar$/m)
  })
  test('lock and claim are named, and what is not used comes back', () => {
    const text = output('--get payment')
    assert.match(text, /"lockTx":"0x[0-9a-f]{64}"/)
    assert.match(text, /"claimTx":"0x[0-9a-f]{64}"/)
    assert.match(text, /"available":"4\.0",[^}]*"locked":"0\.0"/)
    assert.match(text, /"tx":"0x[0-9a-f]{64}"[^}]*"available":"0\.0"/)
  })
  test('code that does not compile ends as a failed algorithm, with the reason in its log', () => {
    const text = output('run/broken.js')
    assert.match(text, /^1$/m)
    assert.match(text, /^AlgorithmFailed$/m)
    assert.match(text, /SyntaxError/)
  })
})
