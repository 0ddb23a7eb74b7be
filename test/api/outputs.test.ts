// SPDX-License-Identifier: Apache-2.0
// Results that go to a storage of the buyer's: url, S3, FTP, encrypted or not; storages that refuse, come back, or see the
// node die in the middle; definitions that are refused before anything is paid.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createDecipheriv, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { encrypt } from 'eciesjs'
import { SigningKey, getBytes, id } from 'ethers'
import { World } from './fixtures.ts'
import { bare, rawAlgorithm, smallest, untar, type Job } from './lib/compute.ts'
import { sha256 } from './lib/files.ts'
import { FtpServer } from './lib/ftp.ts'
import { http, post } from './lib/http.ts'
import { S3Server } from './lib/s3.ts'
import { until } from './lib/process.ts'

let w: World
let s3: S3Server
let ftp: FtpServer
let ftps: FtpServer
const key = randomBytes(40) // the first 32 bytes count

before(async () => {
  w = new World()
  const dir = (name: string): string => join(w.dir, name)
  s3 = await new S3Server(dir('s3')).start()
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', dir('key'), '-out', dir('cert')],
  { stdio: 'ignore' })
  writeFileSync(dir('pem'), readFileSync(dir('key'), 'utf8') + readFileSync(dir('cert'), 'utf8'))
  ftp = await FtpServer.start(dir('ftp'))
  ftps = await FtpServer.startTls(dir('ftps'), dir('pem'))
  await w.build({ env: { NODE_EXTRA_CA_CERTS: dir('cert') } })
})
after(async () => {
  await s3?.stop()
  await ftp?.stop()
  await ftps?.stop()
  await w.stop()
})

const encryption = { encryptMethod: 'AES', key: key.toString('hex') }
const open = (bytes: Buffer): Buffer => {
  const iv = getBytes(SigningKey.computePublicKey(w.wallet.privateKey, true)).slice(0, 16)
  const aes = createDecipheriv('aes-256-cbc', key.subarray(0, 32), iv)
  return Buffer.concat([aes.update(bytes), aes.final()])
}

interface Taken { url: string; headers: IncomingMessage['headers']; body: Buffer }
/** A place for PUT at /name...; `answer` may refuse or stall. */
function place(name: string, answer: (r: ServerResponse, n: number) => void = (r) => { r.writeHead(201).end() }): Taken[] {
  const taken: Taken[] = []
  let n = 0
  w.files.onPut(name, (q, r) => {
    const parts: Buffer[] = []
    q.on('data', (p: Buffer) => parts.push(p)).on('end', () => {
      assert.equal(q.method, 'PUT')
      taken.push({ url: q.url ?? '', headers: q.headers, body: Buffer.concat(parts) })
      answer(r, ++n)
    })
  })
  return taken
}
const url = (name: string): object => ({ type: 'url', url: w.files.url(name), method: 'get' })

const code = 'echo made > /data/outputs/made.txt; head -c 3000000 /dev/zero | tr "\\0" x > /data/outputs/x.bin'
/** A free job with these results, and the name that its archive gets. */
async function run(output: object, script = code): Promise<{ job: Job; id: string; name: string }> {
  const e = await w.compute.environment()
  const started = await w.compute.startFree(e, {
    who: w.consumer, datasets: [], algorithm: await rawAlgorithm(script), output: output as never
  })
  const name = `outputs-${started.jobId}.tar`
  return { job: await w.compute.end(started.jobId, w.consumer, 90_000), id: started.jobId, name }
}
const good = (tar: Buffer, job: Job): void => {
  const files = untar(tar)
  assert.equal(files.get('made.txt')?.toString(), 'made\n')
  assert.equal(files.get('x.bin')?.length, 3_000_000)
  assert.equal(`0x${sha256(tar)}`, job.outputHash, 'the hash in the job is that of the archive')
}
const kinds = (job: Job): string[] => job.results.map((r: { type: string }) => r.type)
const succeeded = (job: Job): void => {
  assert.equal(job.status, 70, `${job.status} ${job.statusReason}`)
  assert.deepEqual(kinds(job), ['imageLog', 'configurationLog', 'algorithmLog'], 'the archive is not a result of the node')
}

describe('results go to', () => {
  test('a folder behind a URL', async () => {
    const taken = place('folder/')
    const { job, name } = await run({ remoteStorage: url('folder/') })
    succeeded(job)
    assert.equal(taken.length, 1)
    assert.equal(taken[0]?.url, `/folder/${name}`)
    assert.equal(taken[0]?.headers['content-disposition'], `attachment; filename="${name}"`)
    assert.equal(Number(taken[0]?.headers['content-length']), taken[0]?.body.length)
    good(taken[0]?.body as Buffer, job)
  })

  test('a URL of their own, encrypted', async () => {
    const taken = place('own.tar')
    const { job } = await run({ remoteStorage: { ...url('own.tar'), headers: { 'X-Secret': 'yes' } }, encryption })
    succeeded(job)
    assert.equal(taken[0]?.url, '/own.tar')
    assert.equal(taken[0]?.headers['x-secret'], 'yes')
    good(open(taken[0]?.body as Buffer), job)
  })

  test('S3, in one piece', async () => {
    const { job, name } = await run({ remoteStorage: s3.object('jobs/') })
    succeeded(job)
    good(await s3.get(`jobs/${name}`) as Buffer, job)
  })

  test('S3, in parts and encrypted', async () => {
    const { job, name } = await run({ remoteStorage: s3.object('sealed/'), encryption },
      `${code}; head -c 12000000 /dev/urandom > /data/outputs/big.bin`)
    succeeded(job)
    const tar = open(await s3.get(`sealed/${name}`) as Buffer)
    assert.equal(untar(tar).get('big.bin')?.length, 12_000_000)
    good(tar, job)
  })

  test('FTP', async () => {
    ftp.put('results/readme', Buffer.from('x'))
    const { job, name } = await run({ remoteStorage: ftp.object('results/') })
    succeeded(job)
    good(ftp.get(`results/${name}`), job)
  })

  test('FTP over TLS, encrypted', async () => {
    const { job } = await run({ remoteStorage: ftps.object('mine.tar'), encryption })
    succeeded(job)
    good(open(ftps.get('mine.tar')), job)
  })

  test('a storage that comes back after a moment', async () => {
    const taken = place('moody', (r, n) => { r.writeHead(n < 3 ? 503 : 200).end() })
    const { job } = await run({ remoteStorage: url('moody') })
    succeeded(job)
    assert.equal(taken.length, 3)
    good(taken[2]?.body as Buffer, job)
  })
})

describe('a storage that refuses', () => {
  test('ends the job with the reason; what ran is paid, and the results stay', async () => {
    place('refuse', (r) => { r.writeHead(403).end('no') })
    const e = await w.compute.environment()
    await w.compute.fund(w.consumer, e, 50)
    const { jobId } = await w.compute.start(e, {
      who: w.consumer, datasets: [], algorithm: await rawAlgorithm(code), output: { remoteStorage: url('refuse') } as never
    })
    await w.compute.end(jobId, w.consumer, 90_000)
    const job = await w.compute.wait(jobId, w.consumer, 'settlement', (j) => Boolean(j.payment?.claimTx), 90_000)
    assert.equal(job.status, 62)
    assert.equal(job.statusText, 'Failed to upload results to storage')
    assert.equal(job.statusName, 'ResultsUploadFailed')
    assert.match(job.statusReason, /^the outputs could not be uploaded: Request failed with status code 403$/)
    assert.ok(Number(job.payment.cost) > 0, 'what ran is paid')
    assert.deepEqual(kinds(job), ['imageLog', 'configurationLog', 'algorithmLog', 'output'])
    good(await w.compute.result(jobId, 3, w.consumer), job)
    assert.match((await w.compute.result(jobId, 1, w.consumer)).toString(), /outputs: not uploaded: /)
  })
})

test('a node that is killed while it uploads does it again', async () => {
  let hold = true
  const taken = place('killed', (r) => { if (!hold) r.writeHead(200).end() })
  const e = await w.compute.environment()
  const { jobId } = await w.compute.startFree(e, {
    who: w.consumer, datasets: [], algorithm: await rawAlgorithm(code),
    output: { remoteStorage: url('killed'), encryption } as never
  })
  await until('first upload', () => taken.length === 1, 60_000)
  w.node.kill('SIGKILL')
  await w.node.end()
  hold = false
  await w.startNode()
  const job = await w.compute.end(jobId, w.consumer, 90_000)
  succeeded(job)
  assert.equal(taken.length, 2)
  good(open(taken[1]?.body as Buffer), job)
})

describe('a definition is refused', () => {
  let nonce = Date.now()
  const definitions: Array<[string, () => unknown, string | RegExp]> = [
    ['that is no file object', () => ({}), 'Invalid output: Empty file object'],
    ['of an unknown type', () => ({ remoteStorage: { type: 'floppy' } }), 'Invalid output: Invalid storage type: floppy'],
    ['of a malformed file object', () => ({ remoteStorage: { type: 'url', url: 'http://x/' } }),
      'Invalid output: Error validating the URL file: URL or method are missing'],
    ['with a method of its own', () => ({ remoteStorage: { type: 'url', url: 'http://x/', method: 'put' } }),
      'Invalid output: Error validating the URL file: Invalid method for URL'],
    ['of a type that takes nothing', () => ({ remoteStorage: { type: 'ipfs', hash: 'Qm' } }),
      'Storage class has no support for upload'],
    ['without a key', () => ({ remoteStorage: url('x'), encryption: { encryptMethod: 'AES' } }), 'Encryption required, but no key'],
    ['with ECIES', () => ({ remoteStorage: url('x'), encryption: { encryptMethod: 'ECIES', key: '00'.repeat(32) } }),
      'Only AES encryption is supported'],
    ['with a short key', () => ({ remoteStorage: url('x'), encryption: { encryptMethod: 'AES', key: '00'.repeat(31) } }),
      'AES key must be at least 32 bytes (64 hex chars), got 31 bytes'],
    ['at a place that is not allowed', () => ({ remoteStorage: { type: 'url', url: 'http://169.254.169.254/', method: 'get' } }),
      /^Invalid output: Error validating the URL file: URL is marked as unsafe/]
  ]
  const free = async (output: string, more: object = {}): Promise<{ status: number; text: string }> => {
    const e = await w.compute.environment()
    const n = String(++nonce)
    return post(`${w.url}/api/services/freeCompute`, {
      consumerAddress: w.consumer.address, nonce: n, environment: e.id, datasets: [], algorithm: await rawAlgorithm('true'),
      signature: await w.consumer.signMessage(getBytes(id(`${w.consumer.address}${n}freeStartCompute`))),
      resources: smallest(e.free?.resources), output, ...more
    })
  }
  const seal = (v: unknown): string => Buffer.from(encrypt(SigningKey.computePublicKey(w.wallet.privateKey),
    Buffer.from(typeof v === 'string' ? v : JSON.stringify(v)))).toString('hex')
  const is = (text: string, want: string | RegExp): void => {
    if (typeof want === 'string') assert.equal(text, want)
    else assert.match(text, want)
  }

  for (const [what, make, text] of definitions) {
    test(what, async () => {
      const r = await free(seal(make()))
      assert.equal(r.status, 400, r.text)
      is(JSON.parse(r.text), text)
    })
  }

  test('that nobody can read', async () => {
    for (const output of ['zz', 'abcd', '04'.repeat(200), seal('no json')]) {
      const r = await free(output)
      assert.equal(r.status, 400)
      assert.match(JSON.parse(r.text), /^Invalid output: ./)
    }
  })

  test('beside a bucket', async () => {
    const r = await free(seal({ remoteStorage: url('x') }), { outputBucketId: 'b' })
    assert.deepEqual([r.status, JSON.parse(r.text)], [400, 'output and outputBucketId are mutually exclusive'])
  })

  test('by initializeCompute too', async () => {
    const e = await w.compute.environment()
    const r = await post(`${w.url}/api/services/initializeCompute`, {
      consumerAddress: w.consumer.address, environment: e.id, datasets: [], algorithm: await rawAlgorithm('true'), maxJobDuration: 60,
      payment: { chainId: 8996, token: w.compute.token(e), resources: smallest(e.resources) },
      output: seal({ remoteStorage: url('x'), encryption: { encryptMethod: 'AES' } })
    })
    assert.deepEqual([r.status, r.text], [400, 'Encryption required, but no key'])
  })

  test('and no secret of one is ever shown', async () => {
    const secret = 'a-very-secret-place'
    place(secret)
    const { id: jobId } = await run({ remoteStorage: url(secret), encryption }, 'echo made > /data/outputs/made.txt')
    const shown = (await post(`${w.url}/directCommand`, { command: 'jobs' })).text +
      (await http(`${w.url}/api/services/compute?jobId=${jobId}&consumerAddress=${w.consumer.address}`)).text
    assert.ok(shown.includes(bare(jobId)))
    assert.ok(!shown.includes(secret) && !shown.includes(key.toString('hex')))
    assert.ok(!w.log.includes(key.toString('hex')))
  })
})
