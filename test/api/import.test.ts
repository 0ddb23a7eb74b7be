// SPDX-License-Identifier: Apache-2.0
// A node that takes the place of an ocean-node: what its databases knew of those who ask. They are made
// here with ocean-node's own tables.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ProviderInstance } from '@oceanprotocol/lib'
import { World } from './fixtures.ts'
import { atoll } from './lib/chain.ts'
import { http, post } from './lib/http.ts'
import { run } from './lib/process.ts'
import { jwt, sign } from './lib/sign.ts'

const SECRET = 'a secret of the tests' // the fixture's JWT_SECRET
const BUCKET = '3f2b8a52-6c1e-4a5b-9d3e-0123456789ab'
const dir = mkdtempSync(join(tmpdir(), 'atoll-import-'))
const old = join(dir, 'databases')
let w: World
let good: string
let expired: string
let ended: string

function sqlite(file: string, ...statements: Array<[string, ...unknown[]]>): void {
  execFileSync('python3', ['-c', `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for sql, *values in json.loads(sys.argv[2]):
    db.execute(sql, values)
db.commit()`, join(old, file), JSON.stringify(statements)])
}

const bring = (folder: string) => run(atoll, ['import', folder, '--data', join(w.dir, 'node')])

before(async () => {
  w = await World.start({
    compute: false,
    env: { PERSISTENT_STORAGE: JSON.stringify({ enabled: true, type: 'localfs', options: { folder: join(dir, 'storage') } }) }
  })
  const token = (n: number): string => jwt({ address: w.consumer.address, nonce: String(n), createdAt: 1700000000000, iat: 1700000000 }, SECRET)
  ;[good, expired, ended] = [token(1), token(2), token(3)]
  mkdirSync(old)
  sqlite('nonceDatabase.sqlite', ['CREATE TABLE nonce (id TEXT PRIMARY KEY, nonce INTEGER)'],
    ['INSERT INTO nonce VALUES (?, ?), (?, ?), (?, ?)', w.consumer.address, 41, w.publisher.address.toLowerCase(), 7, 'undefined', 0])
  sqlite('authTokenDatabase.sqlite',
    ['CREATE TABLE authTokens (token TEXT PRIMARY KEY, address TEXT NOT NULL, createdAt DATETIME, validUntil DATETIME, isValid BOOLEAN DEFAULT TRUE)'],
    ['INSERT INTO authTokens VALUES (?, ?, ?, NULL, 1), (?, ?, ?, 1700000001000, 1), (?, ?, ?, NULL, 0)',
      good, w.consumer.address, 1700000000000, expired, w.consumer.address, 1700000000000, ended, w.consumer.address, 1700000000000])
  sqlite('persistentStorage.sqlite',
    ['CREATE TABLE persistent_storage_buckets (bucketId TEXT PRIMARY KEY, owner TEXT NOT NULL, accessListJson TEXT NOT NULL, createdAt INTEGER NOT NULL)'],
    ['INSERT INTO persistent_storage_buckets VALUES (?, ?, ?, ?)', BUCKET, w.consumer.address, '[]', 1700000000])
  mkdirSync(join(dir, 'storage', 'buckets', BUCKET), { recursive: true })
  writeFileSync(join(dir, 'storage', 'buckets', BUCKET, 'kept.txt'), 'kept')
})
after(async () => {
  try {
    await w.stop()
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

describe('atoll import', () => {
  test('refuses while the node runs, and changes nothing', async () => {
    const r = await bring(old)
    assert.equal(r.status, 1)
    assert.match(r.output, /another process uses the folder/)
  })

  test('takes over what is good, once and again', async () => {
    await w.node.stop()
    for (const _ of [1, 2]) {
      const r = await bring(old)
      assert.equal(r.status, 0, r.output)
      assert.deepEqual(JSON.parse(r.output), {
        'nonceDatabase.sqlite': { imported: 2, passedOver: 1 },
        'authTokenDatabase.sqlite': { imported: 1, passedOver: 1 },
        'persistentStorage.sqlite': { imported: 1, passedOver: 0 }
      })
    }
    await w.startNode()
  })

  test('requests that the old node has seen are refused, the next ones are not', async () => {
    const ask = (nonce: number) => post(`${w.url}/directCommand`, {
      command: 'encrypt', blob: 'x', consumerAddress: w.consumer.address, nonce: String(nonce), signature: sign(w.consumer, nonce, 'encrypt')
    })
    assert.equal(await ProviderInstance.getNonce(w.url, w.consumer.address), 41)
    assert.equal((await ask(41)).text, 'nonce: 41 is not a valid nonce')
    assert.equal((await ask(42)).status, 200)
  })

  test('tokens go on, unless they had ended', async () => {
    const status = async (token: string): Promise<number> => (await post(`${w.url}/directCommand`, {
      command: 'encrypt', blob: 'x', authorization: token
    })).status
    assert.equal(await status(good), 200)
    assert.equal(await status(expired), 401)
    assert.equal(await status(ended), 401)
  })

  test('buckets and their files are there', async () => {
    const files = await ProviderInstance.listPersistentStorageFiles(w.url, w.consumer, BUCKET) as any[]
    assert.deepEqual(files.map((f) => [f.name, f.size]), [['kept.txt', 4]])
  })

  test('a folder without databases, and a file that is none, are told', async () => {
    await w.node.stop()
    const empty = join(dir, 'empty')
    mkdirSync(empty)
    const none = await bring(empty)
    assert.equal(none.status, 1)
    assert.match(none.output, /holds no database of an ocean-node/)
    writeFileSync(join(empty, 'nonceDatabase.sqlite'), 'no database, but long enough to be read as one '.repeat(20))
    const broken = await bring(empty)
    assert.equal(broken.status, 1)
    assert.match(broken.output, /nonceDatabase\.sqlite: file is not a database/)
    assert.equal((await run(atoll, ['import'])).status, 2)
    await w.startNode()
    assert.equal((await http(`${w.url}/api/services/nonce?userAddress=${w.consumer.address}`)).text, '{"nonce":"43"}')
  })
})
