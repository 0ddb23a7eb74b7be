// SPDX-License-Identifier: Apache-2.0
// How a node starts, refuses to start, and ends.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Wallet } from 'ethers'
import { atoll } from './lib/chain.ts'
import { Program, freePort, run } from './lib/process.ts'

const dir = mkdtempSync(join(tmpdir(), 'atoll-test-'))
after(() => rmSync(dir, { recursive: true, force: true }))

let base: NodeJS.ProcessEnv
before(async () => {
  base = { PATH: process.env.PATH, PRIVATE_KEY: Wallet.createRandom().privateKey, HTTP_API_PORT: String(await freePort()), JWT_SECRET: 'x' }
})
let n = 0
const args = (): string[] => ['node', '--data', join(dir, String(n++))]

describe('a configuration that cannot be right names its key', () => {
  const cases: Array<[string, NodeJS.ProcessEnv, RegExp]> = [
    ['no key', { PRIVATE_KEY: undefined }, /PRIVATE_KEY/],
    ['a short key', { PRIVATE_KEY: '0x1234' }, /PRIVATE_KEY/],
    ['RPCS that is no JSON', { RPCS: '{' }, /RPCS/],
    ['a port that is none', { HTTP_API_PORT: '70000' }, /HTTP_API_PORT/],
    ['environments that are no list', { DOCKER_COMPUTE_ENVIRONMENTS: '{}' }, /DOCKER_COMPUTE_ENVIRONMENTS/],
    ['a file that is not there', { CONFIG_PATH: '/no/such/file.json' }, /CONFIG_PATH|file\.json/]
  ]
  for (const [name, env, text] of cases) {
    test(name, async () => {
      const r = await run(atoll, args(), { ...base, ...env }, 10_000)
      assert.notEqual(r.status, 0)
      assert.match(r.output, text)
      assert.doesNotMatch(r.output, /0x[0-9a-f]{64}/, 'the key is never shown')
    })
  }

  test('a wrong value in the file', async () => {
    const file = join(dir, 'wrong.json')
    writeFileSync(file, JSON.stringify({ httpPort: 'many' }))
    const r = await run(atoll, args(), { ...base, HTTP_API_PORT: undefined, CONFIG_PATH: file }, 10_000)
    assert.notEqual(r.status, 0)
    assert.match(r.output, /httpPort/)
  })
})

test('a port that is taken is named', async () => {
  const server = createServer().listen(Number(base.HTTP_API_PORT), '0.0.0.0')
  await new Promise((resolve) => server.once('listening', resolve))
  const r = await run(atoll, args(), base, 10_000)
  server.close()
  assert.notEqual(r.status, 0)
  assert.match(r.output, new RegExp(String(base.HTTP_API_PORT)))
})

test('without a chain and without Docker it answers, says one line, and ends on SIGTERM', async () => {
  const p = new Program(atoll, args(), base)
  await p.line(/listening/i)
  const root = await (await fetch(`http://127.0.0.1:${base.HTTP_API_PORT}/`)).json() as any
  assert.deepEqual(root.chainIds, [])
  const asked = Date.now()
  assert.equal(await p.stop(), 0)
  assert.ok(Date.now() - asked < 5000)
})

test('keys of the reference that mean nothing here are accepted, with a notice each', async () => {
  const p = new Program(atoll, args(), {
    ...base, DB_URL: 'http://localhost:9200', DB_TYPE: 'elasticsearch', P2P_ENABLE_UPNP: 'false', INTERFACES: '["HTTP","P2P"]'
  })
  await p.line(/listening/i)
  assert.match(p.output, /DB_URL/)
  assert.equal(await p.stop(), 0)
})

test('a configuration file of the reference is enough', async () => {
  const file = join(dir, 'config.json')
  const port = await freePort()
  writeFileSync(file, JSON.stringify({
    authorizedDecrypters: [], allowedValidators: [], hasIndexer: true, hasHttp: true, hasP2P: false, httpPort: port,
    jwtSecret: 'ocean-node-secret', rateLimit: 30, maxConnections: 30, unsafeURLs: [], feeStrategy: {},
    ipfsGateway: 'https://ipfs.io/', arweaveGateway: 'https://arweave.net/', supportedNetworks: {}
  }))
  const p = new Program(atoll, args(), { ...base, HTTP_API_PORT: undefined, CONFIG_PATH: file })
  await p.line(/listening/i)
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200)
  assert.equal(await p.stop(), 0)
})
