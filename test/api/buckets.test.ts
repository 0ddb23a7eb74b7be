// SPDX-License-Identifier: Apache-2.0
// Buckets by an unmodified ocean.js and by raw requests: who may do what, every refusal, uploads
// that break off, meet, grow large, or are under way when the node is killed.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AccesslistFactory, ProviderInstance } from '@oceanprotocol/lib'
import { World } from './fixtures.ts'
import { Buckets, buckets, type Fields } from './lib/buckets.ts'
import { CHAIN } from './lib/chain.ts'
import { noise, sha256 } from './lib/files.ts'
import { http, post, type Reply } from './lib/http.ts'
import type { Person } from './lib/market.ts'
import { until } from './lib/process.ts'

const MIB = 1024 * 1024
const folder = mkdtempSync(join(tmpdir(), 'atoll-buckets-'))
const nobody = '11111111-1111-4111-8111-111111111111'
let w: World
let b: Buckets
let friends: string
/** the publisher's, open to the holders of `friends` (the consumer) */
let shared: string

before(async () => {
  w = await World.start({
    compute: false,
    env: {
      PERSISTENT_STORAGE: `{'enabled':true,'type':'localfs','options':{'folder':'${folder}'}}`,
      MAX_BUCKET_FILE_SIZE: String(300 * MIB),
      MAX_BUCKET_FILES: '12'
    }
  })
  b = new Buckets(w.url)
  const factory = new AccesslistFactory(String(w.chain.addresses.AccessListFactory), w.publisher, CHAIN)
  friends = await factory.deployAccessListContract('Friends', 'FRI', ['one'], false, w.publisher.address, [w.consumer.address])
  shared = await b.make(w.publisher, [{ 5: [friends] }, { [CHAIN]: [friends] }])
})
after(async () => {
  try {
    await w.stop()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

const onDisk = (bucket: string, name: string): string => join(folder, 'buckets', bucket, name)
const uploads = (): string[] => readdirSync(join(folder, 'uploads'))
const isRefused = (r: Reply, status: number, text: string): void => {
  assert.equal(r.text, text)
  assert.equal(r.status, status)
}
async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
}

describe('an unmodified ocean.js', () => {
  const bytes = noise(700_001, 'bucket')
  for (const way of ['a signer', 'a token']) {
    test(`does everything with ${way}`, async () => {
      const me = way === 'a token' ? await ProviderInstance.generateAuthToken(w.publisher, w.url) : w.publisher
      const made = await ProviderInstance.createPersistentStorageBucket(w.url, me, { accessLists: [], label: 'My data' } as never) as any
      assert.match(made.bucketId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.deepEqual(made, { bucketId: made.bucketId, owner: w.publisher.address, accessList: [], label: 'My data' })
      const { bucketId } = made

      const renamed = await ProviderInstance.updatePersistentStorageBucket(w.url, me, bucketId, ' Renamed ')
      assert.deepEqual(renamed, { bucketId, label: 'Renamed' })
      const list = await ProviderInstance.getPersistentStorageBuckets(w.url, me, w.publisher.address.toLowerCase()) as any[]
      const mine = list.find((x) => x.bucketId === bucketId)
      assert.ok(Math.abs(mine.createdAt - Date.now() / 1000) < 600)
      assert.deepEqual(mine, { bucketId, owner: w.publisher.address, createdAt: mine.createdAt, accessLists: [], label: 'Renamed' })

      const name = 'ein Übel & 100 % #1?.csv'
      const put = await ProviderInstance.uploadPersistentStorageFile(w.url, me, bucketId, name, pieces(bytes, 65_537))
      const st = statSync(onDisk(bucketId, name))
      const entry = { bucketId, name, size: bytes.length, lastModified: Math.floor(st.mtimeMs) }
      assert.deepEqual(put, entry)
      assert.deepEqual(readFileSync(onDisk(bucketId, name)), bytes)
      assert.deepEqual(await ProviderInstance.listPersistentStorageFiles(w.url, me, bucketId), [entry])
      const object = { type: 'nodePersistentStorage', bucketId, fileName: name }
      assert.deepEqual(await ProviderInstance.getPersistentStorageFileObject(w.url, me, bucketId, name), object)
      assert.deepEqual(await ProviderInstance.deletePersistentStorageFile(w.url, me, bucketId, name), { success: true })
      assert.deepEqual(await ProviderInstance.listPersistentStorageFiles(w.url, me, bucketId), [])
      await assert.rejects(ProviderInstance.getPersistentStorageFileObject(w.url, me, bucketId, name), /File not found: ein Übel/)
    })
  }

  test('gets a label where it gives none, and takes one away', async () => {
    const made = await ProviderInstance.createPersistentStorageBucket(w.url, w.publisher, { accessLists: [] } as never) as any
    assert.match(made.label, /^[a-z]+-[a-z]+$/)
    assert.deepEqual(await ProviderInstance.updatePersistentStorageBucket(w.url, w.publisher, made.bucketId, null),
      { bucketId: made.bucketId, label: null })
  })

  test('cannot act with the token of somebody else', async () => {
    const token = await ProviderInstance.generateAuthToken(w.stranger, w.url)
    await assert.rejects(ProviderInstance.listPersistentStorageFiles(w.url, token, shared), /You are not allowed to access this bucket/)
    const r = await http(`${w.url}${buckets}/${shared}/files?consumerAddress=${w.publisher.address}`, { headers: { authorization: token } })
    isRefused(r, 401, 'Invalid token')
  })
})

describe('who may', () => {
  const all: Array<[string, string[], RequestInit?]> = [
    ['ListFiles', ['files']], ['UploadFile', ['files', 'x'], { method: 'POST', body: 'x' }],
    ['GetFileObject', ['files', 'x', 'object']], ['DownloadFile', ['files', 'x']], ['DeleteFile', ['files', 'x'], { method: 'DELETE' }]
  ]
  test('holders of an access list use the bucket', async () => {
    for (const [command, path, init] of all) {
      const r = await b.call(w.consumer, command, [shared, ...path], init)
      assert.equal(r.status, 200, `${command}: ${r.text}`)
    }
  })
  test('but do not rename it', async () => {
    const r = await b.call(w.consumer, 'UpdateBucket', [shared], { method: 'PATCH', body: '{"label":"x"}' })
    isRefused(r, 403, 'You are not allowed to access this bucket')
  })
  test('others use nothing of it', async () => {
    for (const [command, path, init] of all) {
      isRefused(await b.call(w.stranger, command, [shared, ...path], init), 403, 'You are not allowed to access this bucket')
    }
    assert.equal(existsSync(onDisk(shared, 'x')), false)
  })
  test('an empty list means the owner alone', async () => {
    const mine = await b.make(w.publisher)
    isRefused(await b.call(w.consumer, 'ListFiles', [mine, 'files']), 403, 'You are not allowed to access this bucket')
  })
  test('a list of buckets has those that one may use', async () => {
    const seen = async (who: Person): Promise<string[]> => {
      const r = await http(`${await b.at(who, 'GetBuckets')}&owner=${w.publisher.address}`)
      assert.equal(r.status, 200, r.text)
      return JSON.parse(r.text).map((x: { bucketId: string }) => x.bucketId)
    }
    assert.ok((await seen(w.publisher)).length > 2)
    assert.deepEqual(await seen(w.consumer), [shared])
    assert.deepEqual(await seen(w.stranger), [])
  })
  test('a signature for one command is good for no other, and for no second time', async () => {
    const url = await b.at(w.publisher, 'ListFiles', shared, 'files')
    isRefused(await http(url, { method: 'POST', body: 'x' }), 404, `Cannot POST ${buckets}/${shared}/files`)
    const wrong = await b.at(w.publisher, 'ListFiles', shared, 'files', 'x')
    isRefused(await http(wrong, { method: 'DELETE' }), 401, 'consumer address and nonce signature mismatch')
    assert.equal((await http(url)).status, 200)
    const nonce = new URL(url).searchParams.get('nonce')
    isRefused(await http(url), 401, `nonce: ${nonce} is not a valid nonce`)
  })
})

describe('refusals', () => {
  const missing = 'Invalid authentication, you need to provide either a token or an address, signature, message and nonce'
  test('without credentials', async () => {
    const at = `${w.url}${buckets}`
    for (const [method, path] of [['GET', '?owner=x'], ['GET', `/${shared}/files`], ['POST', `/${shared}/files/x`], ['PATCH', `/${shared}`],
      ['DELETE', `/${shared}/files/x`], ['GET', `/${shared}/files/x`], ['GET', `/${shared}/files/x/object`]] as const) {
      const undefinedOnes = `${path.includes('?') ? '&' : '?'}nonce=undefined&signature=undefined&consumerAddress=${w.publisher.address}`
      isRefused(await http(at + path, { method }), 401, missing)
      isRefused(await http(at + path + undefinedOnes, { method }), 401, missing)
    }
    isRefused(await post(at, { accessLists: [] }), 401, missing)
  })

  const texts: Array<[string, Fields, number, string | RegExp]> = [
    ['CreateBucket', {}, 400, /^Missing one \( "accessLists" \) or more required field\(s\) for command: "persistentStorageCreateBucket"/],
    ['CreateBucket', { accessLists: {} }, 400, 'Invalid parameter: "accessLists" must be an array of objects'],
    ['CreateBucket', { accessLists: ['x'] }, 400, 'Invalid parameter: "accessLists" must be an array of objects'],
    ['CreateBucket', { accessLists: [{ 1: ['0x1'] }] }, 400, 'Invalid parameter: "accessLists" must be an array of objects'],
    ['CreateBucket', { accessLists: [], label: 5 }, 400, 'Invalid parameter: "label" must be a string'],
    ['CreateBucket', { accessLists: [], label: 'x'.repeat(257) }, 400, 'Invalid parameter: "label" must be at most 256 characters'],
    ['CreateBucket', { accessLists: Array(65).fill({}) }, 400, 'Invalid parameter: "accessLists" may name at most 64 chains and contracts'],
    ['UpdateBucket', { bucketId: 5 }, 400, 'Invalid parameter: "bucketId" must be a string'],
    ['UpdateBucket', { bucketId: nobody, label: 5 }, 400, 'Invalid parameter: "label" must be a string'],
    ['UpdateBucket', { bucketId: nobody, label: 'x' }, 404, `Bucket not found: ${nobody}`],
    ['UpdateBucket', { bucketId: 'x' }, 500, 'Invalid bucketId'],
    ['GetBuckets', { owner: '' }, 400, 'Invalid parameter: "owner" must be a non-empty string'],
    ['GetBuckets', { owner: 5 }, 400, 'Invalid parameter: "owner" must be a non-empty string'],
    ['GetBuckets', { owner: 'x' }, 400, 'Invalid parameter: "owner" or "consumerAddress"'],
    ['ListFiles', { bucketId: '' }, 400, 'Invalid parameter: "bucketId" must be a string'],
    ['ListFiles', { bucketId: '../../etc' }, 500, 'Invalid bucketId'],
    ['ListFiles', { bucketId: nobody }, 500, `Bucket not found: ${nobody}`],
    ['UploadFile', { bucketId: 'shared', fileName: 'x' }, 403, 'Upload stream error'],
    ['GetFileObject', { bucketId: 'shared', fileName: 'none' }, 404, 'File not found: none'],
    ['GetFileObject', { bucketId: 'shared', fileName: '../x' }, 500, 'Invalid fileName'],
    ['GetFileObject', { bucketId: 'shared', fileName: '..' }, 500, 'Invalid fileName'],
    ['GetFileObject', { bucketId: 'shared', fileName: 'a\u0000b' }, 400, /must not hold a NUL character$/],
    ['DeleteFile', { bucketId: 'shared', fileName: 'none' }, 500, 'File not found: none'],
    ['DeleteFile', { bucketId: 'shared', fileName: '' }, 500, 'Invalid fileName'],
    ['DownloadFile', { bucketId: 'shared', fileName: 'none' }, 404, 'File not found: none']
  ]
  for (const [command, fields, status, text] of texts) {
    test(`${command} ${JSON.stringify(fields).slice(0, 80)}`, async () => {
      const given = fields.bucketId === 'shared' ? { ...fields, bucketId: shared } : fields
      const r = await b.direct(w.publisher, command, given)
      if (text instanceof RegExp) assert.match(r.text, text)
      else assert.equal(r.text, text)
      assert.equal(r.status, status)
    })
  }

  test('by the routes', async () => {
    const who = w.publisher
    const create = await b.signed(who, 'persistentStorageCreateBucket')
    isRefused(await post(w.url + buckets, { ...create, accessLists: 5 }), 400, 'Invalid parameter: "accessLists" must be an array of objects')
    assert.equal((await post(w.url + buckets, '{')).status, 400)
    isRefused(await b.call(who, 'ListFiles', ['x', 'files']), 500, 'Invalid bucketId')
    isRefused(await b.call(who, 'ListFiles', [nobody, 'files']), 500, `Bucket not found: ${nobody}`)
    isRefused(await b.call(who, 'UpdateBucket', [nobody], { method: 'PATCH', body: '{}' }), 404, `Bucket not found: ${nobody}`)
    isRefused(await b.call(who, 'GetFileObject', [shared, 'files', 'none', 'object']), 404, 'File not found: none')
    isRefused(await b.call(who, 'DeleteFile', [shared, 'files', 'none'], { method: 'DELETE' }), 500, 'File not found: none')
    for (const name of ['a\\b', 'a\nb', 'x'.repeat(256), 'a/b', '../x']) isRefused(await b.upload(who, shared, name, 'x'), 500, 'Invalid fileName')
    assert.deepEqual(uploads(), [])
  })

  test('a token with something else than an address', async () => {
    const token = await ProviderInstance.generateAuthToken(w.publisher, w.url)
    const r = await post(`${w.url}/directCommand`,
      { command: 'persistentStorageCreateBucket', consumerAddress: 'me', authorization: token, accessLists: [] })
    isRefused(r, 400, 'Invalid parameter: "consumerAddress"')
    const other = await http(`${w.url}${buckets}?owner=${w.publisher.address}&consumerAddress=me`, { headers: { authorization: token } })
    isRefused(other, 400, 'Invalid parameter: "owner" or "consumerAddress"')
  })
})

/** A connection that sends what it is told to. */
async function raw(head: string): Promise<{ s: Socket; heard: () => string }> {
  const { hostname, port } = new URL(w.url)
  const s = connect(Number(port), hostname)
  let text = ''
  s.setEncoding('latin1').on('data', (t: string) => { text += t }).on('error', () => {})
  s.write(head)
  return { s, heard: () => text }
}
async function begin(name: string, headers: string): Promise<{ s: Socket; heard: () => string }> {
  const url = new URL(await b.at(w.publisher, 'UploadFile', shared, 'files', name))
  return raw(`POST ${url.pathname}${url.search} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`)
}

describe('uploads', () => {
  test('replace a file, and may be empty', async () => {
    for (const body of ['first', '', 'the third one']) {
      const r = await b.upload(w.publisher, shared, 'again', body)
      assert.equal(r.status, 200, r.text)
      assert.equal(readFileSync(onDisk(shared, 'again'), 'utf8'), body)
    }
  })

  test('with 100-continue, once they may come', async () => {
    const refused = await raw(`POST ${buckets}/${shared}/files/x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n`)
    await until('refusal', () => /HTTP\/1.1 401/.test(refused.heard()), 60_000)
    assert.doesNotMatch(refused.heard(), /100 Continue/)
    refused.s.destroy()
    const { s, heard } = await begin('expected', 'Expect: 100-continue\r\nContent-Length: 3')
    await until('100 Continue', () => /^HTTP\/1.1 100 Continue\r\n\r\n$/.test(heard()), 60_000)
    s.write('abc')
    await until('answer', () => /HTTP\/1.1 200 OK/.test(heard()), 60_000)
    assert.equal(readFileSync(onDisk(shared, 'expected'), 'utf8'), 'abc')
    s.destroy()
  })

  test('that break off leave nothing', async () => {
    await b.upload(w.publisher, shared, 'kept', 'as it was')
    for (const headers of ['Content-Length: 1000000', 'Transfer-Encoding: chunked']) {
      for (const end of ['destroy', 'end'] as const) {
        const { s } = await begin('kept', headers)
        s.write(headers.startsWith('T') ? `80000\r\n${'x'.repeat(0x80000)}\r\n` : 'x'.repeat(500_000))
        await until('upload', () => uploads().length === 1, 60_000)
        s[end]()
        await until('end of the upload', () => uploads().length === 0, 60_000)
      }
    }
    assert.equal(readFileSync(onDisk(shared, 'kept'), 'utf8'), 'as it was')
  })

  test('with broken chunks are refused, and leave nothing', async () => {
    const { s, heard } = await begin('kept', 'Transfer-Encoding: chunked')
    s.write('3\r\nabc\r\nnonsense\r\n')
    await until('answer', () => /HTTP\/1.1 400/.test(heard()), 60_000)
    await until('end of the upload', () => uploads().length === 0, 60_000)
    assert.equal(readFileSync(onDisk(shared, 'kept'), 'utf8'), 'as it was')
    s.destroy()
  })

  test('of one name at a time: each is whole, one is last', async () => {
    const bodies = Array.from({ length: 8 }, (_, i) => noise(400_000 + i, `at a time ${i}`))
    const address = w.publisher.address
    const token = await ProviderInstance.generateAuthToken(w.publisher, w.url)
    const url = `${w.url}${buckets}/${shared}/files/same?consumerAddress=${address}`
    const answers = await Promise.all(bodies.map((body) => http(url, { method: 'POST', body: new Uint8Array(body), headers: { authorization: token } })))
    for (const r of answers) assert.equal(r.status, 200, r.text)
    const last = sha256(readFileSync(onDisk(shared, 'same')))
    assert.ok(bodies.some((body) => sha256(body) === last))
    assert.deepEqual(uploads(), [])
  })

  test('too large: by their length, or while they come', async () => {
    const large = await begin('large', `Content-Length: ${301 * MIB}`)
    await until('answer', () => /HTTP\/1.1 413/.test(large.heard()), 60_000)
    assert.match(large.heard(), /The file is too large: at most 314572800 bytes$/)
    large.s.destroy()
    const { s, heard } = await begin('large', 'Transfer-Encoding: chunked')
    const piece = `100000\r\n${'x'.repeat(MIB)}\r\n`
    for (let i = 0; i < 310 && !/413/.test(heard()) && !s.destroyed; i++) {
      if (!s.write(piece)) await until('a socket that takes more', () => s.writableLength < MIB || s.destroyed, 60_000, 1)
    }
    await until('answer', () => /HTTP\/1.1 413/.test(heard()), 60_000)
    s.destroy()
    await until('end of the upload', () => uploads().length === 0, 60_000)
    assert.equal(existsSync(onDisk(shared, 'large')), false)
  })

  test('too many files', async () => {
    const mine = await b.make(w.publisher)
    for (let i = 0; i < 12; i++) assert.equal((await b.upload(w.publisher, mine, `f${i}`, 'x')).status, 200)
    isRefused(await b.upload(w.publisher, mine, 'one more', 'x'), 413, 'The bucket is full: at most 12 files')
    assert.equal((await b.upload(w.publisher, mine, 'f3', 'y')).status, 200)
    assert.equal((await b.names(w.publisher, mine)).length, 12)
  })

  test('of 256 MiB do not grow the node', async () => {
    const peak = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${w.node.pid}/status`, 'utf8'))?.[1]) / 1024
    const before = peak()
    const total = 256 * MIB
    const piece = noise(MIB, 'large')
    const hash = createHash('sha256')
    async function* body(): AsyncGenerator<Uint8Array> {
      for (let n = 0; n < total; n += piece.length) {
        hash.update(piece)
        yield piece
      }
    }
    const put = await ProviderInstance.uploadPersistentStorageFile(w.url, w.publisher, shared, 'large', body()) as any
    assert.equal(put.size, total)
    const stored = createHash('sha256')
    for await (const part of createReadStream(onDisk(shared, 'large'))) stored.update(part)
    assert.equal(stored.digest('hex'), hash.digest('hex'))
    if (!process.env.ATOLL_BIN?.includes('asan')) assert.ok(peak() - before < 16, `grew by ${peak() - before} MiB`)
    assert.equal((await b.call(w.publisher, 'DeleteFile', [shared, 'files', 'large'], { method: 'DELETE' })).status, 200)
  })
})

describe('downloads', () => {
  const bytes = noise(100_000, 'download')
  before(async () => { assert.equal((await b.upload(w.publisher, shared, 'data "1".bin', new Uint8Array(bytes))).status, 200) })

  test('for the owner and the holders of an access list', async () => {
    for (const who of [w.publisher, w.consumer]) {
      const r = await b.download(who, shared, 'data "1".bin')
      assert.equal(r.status, 200)
      assert.deepEqual(Buffer.from(await r.arrayBuffer()), bytes)
      assert.equal(r.headers.get('content-type'), 'application/octet-stream')
      assert.equal(r.headers.get('content-disposition'), 'attachment;filename=data _1_.bin')
      assert.equal(r.headers.get('x-content-type-options'), 'nosniff')
      assert.ok(Math.abs(Date.parse(r.headers.get('last-modified') ?? '') - Date.now()) < 600_000)
    }
  })
  test('in parts, and only what has changed', async () => {
    const whole = await b.download(w.publisher, shared, 'data "1".bin')
    const tag = whole.headers.get('etag') ?? ''
    await whole.arrayBuffer()
    const part = await b.download(w.publisher, shared, 'data "1".bin', { range: 'bytes=99990-' })
    assert.equal(part.status, 206)
    assert.equal(part.headers.get('content-range'), 'bytes 99990-99999/100000')
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(99_990))
    assert.equal((await b.download(w.publisher, shared, 'data "1".bin', { range: 'bytes=100000-' })).status, 416)
    assert.equal((await b.download(w.publisher, shared, 'data "1".bin', { range: 'bytes=0-9', 'if-range': tag })).status, 206)
    assert.equal((await b.download(w.publisher, shared, 'data "1".bin', { range: 'bytes=0-9', 'if-range': '"other"' })).status, 200)
    assert.equal((await b.download(w.publisher, shared, 'data "1".bin', { 'if-none-match': tag })).status, 304)
    assert.equal((await b.download(w.publisher, shared, 'data "1".bin', { 'if-none-match': '"other"' })).status, 200)
  })
  test('HEAD, and by /directCommand', async () => {
    const head = await fetch(await b.at(w.publisher, 'DownloadFile', shared, 'files', 'data "1".bin'), { method: 'HEAD' })
    assert.equal(head.headers.get('content-length'), '100000')
    const direct = await b.direct(w.publisher, 'DownloadFile', { bucketId: shared, fileName: 'data "1".bin' })
    assert.equal(direct.status, 200)
    assert.equal(direct.headers.get('content-length'), '100000')
  })
})

describe('the node', () => {
  test('says that it keeps buckets', async () => {
    const status = JSON.parse((await post(`${w.url}/directCommand`, { command: 'status' })).text)
    assert.deepEqual(status.persistentStorage, { accessLists: [] })
  })

  test('killed under an upload, shows no part of it, and clears up', async () => {
    const { s } = await begin('killed', 'Content-Length: 10000000')
    s.write('x'.repeat(3_000_000))
    await until('upload', () => uploads().some((f) => statSync(join(folder, 'uploads', f)).size > 500_000), 60_000)
    w.node.kill('SIGKILL')
    await until('end', () => !w.node.running, 60_000)
    assert.equal(uploads().length, 1)
    s.destroy()
    const env = (w as unknown as { env: NodeJS.ProcessEnv }).env
    env.PERSISTENT_STORAGE = JSON.stringify(JSON.stringify(
      { enabled: true, type: 'localfs', options: { folder }, accessLists: [{ [CHAIN]: [friends] }] }))
    await w.startNode()
    assert.deepEqual(uploads(), [])
    const names = await b.names(w.publisher, shared)
    assert.ok(names.includes('kept') && !names.includes('killed'))
  })

  test('lets those make buckets that its configuration names', async () => {
    isRefused(await b.create(w.publisher), 403, 'You are not allowed to create new buckets')
    assert.equal((await b.create(w.consumer)).status, 200)
    const status = JSON.parse((await post(`${w.url}/directCommand`, { command: 'status' })).text)
    assert.deepEqual(status.persistentStorage, { accessLists: [{ [CHAIN]: [friends] }] })
  })

  test('without buckets says so', async () => {
    const env = (w as unknown as { env: NodeJS.ProcessEnv }).env
    delete env.PERSISTENT_STORAGE
    assert.equal(await w.node.stop(), 0)
    await w.startNode()
    const off = 'Persistent storage is not configured or disabled'
    isRefused(await b.create(w.publisher), 500, off)
    isRefused(await b.upload(w.publisher, shared, 'x', 'x'), 500, off)
    isRefused(await b.call(w.publisher, 'ListFiles', [shared, 'files']), 500, off)
    const status = JSON.parse((await post(`${w.url}/directCommand`, { command: 'status' })).text)
    assert.equal(status.persistentStorage, undefined)
  })
})
