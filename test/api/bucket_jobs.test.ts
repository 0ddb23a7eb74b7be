// SPDX-License-Identifier: Apache-2.0
// Jobs that read from buckets and write into them, and what else may be known of a bucket's files.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AccesslistFactory, ProviderInstance, type ComputeAlgorithm, type ComputeAsset, type ComputeEnvironment } from '@oceanprotocol/lib'
import { World } from './fixtures.ts'
import { Buckets, type Fields } from './lib/buckets.ts'
import { CHAIN } from './lib/chain.ts'
import { bare, fileInput, rawAlgorithm, shellAlgorithm, smallest, type Job } from './lib/compute.ts'
import { noise, sha256 } from './lib/files.ts'
import { http, post, type Reply } from './lib/http.ts'
import { asDataset, trustAll, type Person } from './lib/market.ts'
import { until } from './lib/process.ts'

const folder = mkdtempSync(join(tmpdir(), 'atoll-buckets-'))
const data = noise(300_000, 'a dataset in a bucket')
let w: World
let b: Buckets
let e: ComputeEnvironment
/** the publisher's, open to the consumer */
let shared: string
/** the publisher's alone */
let own: string

before(async () => {
  w = await World.start({ env: { PERSISTENT_STORAGE: JSON.stringify({ enabled: true, type: 'localfs', options: { folder } }) } })
  b = new Buckets(w.url)
  e = await w.compute.environment()
  const factory = new AccesslistFactory(String(w.chain.addresses.AccessListFactory), w.publisher, CHAIN)
  const list = await factory.deployAccessListContract('Friends', 'FRI', ['one'], false, w.publisher.address, [w.consumer.address])
  shared = await b.make(w.publisher, [{ [CHAIN]: [list] }])
  own = await b.make(w.publisher)
  for (const bucket of [shared, own]) assert.equal((await b.upload(w.publisher, bucket, 'my data.bin', new Uint8Array(data))).status, 200)
})
after(async () => {
  try {
    await w.stop()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

const object = (bucketId: string, fileName = 'my data.bin'): Fields => ({ type: 'nodePersistentStorage', bucketId, fileName })
const inBucket = (bucket: string, name: string): Buffer => readFileSync(join(folder, 'buckets', bucket, name))
const isRefused = (r: Reply, status: number, text: string | RegExp): void => {
  if (text instanceof RegExp) assert.match(r.text, text)
  else assert.equal(r.text, JSON.stringify(text))
  assert.equal(r.status, status)
}

/** A free start as ocean.js sends it, which would hide the refusal's text. */
async function start(who: Person, over: Fields): Promise<Reply> {
  const nonce = String(await ProviderInstance.getNonce(w.url, who.address) + 1)
  return post(`${w.url}/api/services/freeCompute`, {
    ...await b.signed(who, 'freeStartCompute'), nonce, environment: e.id, resources: smallest(e.free?.resources),
    algorithm: await rawAlgorithm('true'), datasets: [], ...over
  })
}
async function run(who: Person, datasets: ComputeAsset[], algorithm: ComputeAlgorithm, bucket?: string): Promise<Job> {
  const started = await ProviderInstance.freeComputeStart(w.url, who, e.id, datasets, algorithm, smallest(e.free?.resources),
    undefined, undefined, undefined, undefined, undefined, undefined, undefined, bucket)
  const job = [started].flat()[0] as Job
  return { ...await w.compute.end(job.jobId, who), jobId: job.jobId }
}
const configuration = async (job: Job, who: Person): Promise<string> => (await w.compute.result(job.jobId, 1, who)).toString()

describe('a file of a bucket', () => {
  const code = `cp "/data/inputs/my data.bin" /data/outputs/one
cp /data/persistentStorage/*/"my data.bin" /data/outputs/two
ls /data/persistentStorage > /data/outputs/list
`
  test('is a dataset for the owner and the holders of an access list', async () => {
    for (const who of [w.publisher, w.consumer]) {
      const job = await run(who, [fileInput(object(shared))], await rawAlgorithm(code))
      const out = await w.compute.output(job, job.jobId, who)
      assert.equal(sha256(out.get('one') ?? ''), sha256(data))
      assert.equal(sha256(out.get('two') ?? ''), sha256(data))
      assert.equal(out.get('list')?.toString(), `${shared}\n`)
    }
  })

  test('is an algorithm', async () => {
    assert.equal((await b.upload(w.publisher, shared, 'code.sh', 'echo from a bucket > /data/outputs/said\n')).status, 200)
    const algorithm = { fileObject: object(shared, 'code.sh'), meta: await shellAlgorithm() } as unknown as ComputeAlgorithm
    const job = await run(w.consumer, [], algorithm)
    assert.equal((await w.compute.output(job, job.jobId, w.consumer)).get('said')?.toString(), 'from a bucket\n')
  })

  test('is what a published asset consists of', async () => {
    const asset = await w.market.publish({
      name: 'In a bucket', service: 'compute', files: [object(shared) as never], timeout: 0, trust: trustAll
    })
    const info = await post(`${w.url}/api/services/fileInfo`, { did: asset.did, serviceId: asset.ddo.services[0].id })
    assert.deepEqual(JSON.parse(info.text),
      [{ valid: false, contentLength: '', contentType: 'application/octet-stream', name: '', type: 'nodePersistentStorage' }])
    const job = await run(w.consumer, [asDataset(asset)], await rawAlgorithm(code))
    assert.equal(sha256((await w.compute.output(job, job.jobId, w.consumer)).get('one') ?? ''), sha256(data))
    isRefused(await start(w.stranger, { datasets: [asDataset(asset)] }), 403, 'You are not allowed to access this bucket')
  })

  test('that was sold for download is not given out', async () => {
    const asset = await w.market.publish({ name: 'For download', files: [object(shared) as never], price: 0 })
    const order = await w.market.order(asset, w.consumer)
    const r = await http(await w.market.downloadUrl(asset, order, w.consumer, 0))
    assert.equal(r.text, 'Persistent storage files cannot be downloaded; they are only available within compute jobs')
    assert.equal(r.status, 403)
  })

  test('is refused to others, and before anything starts', async () => {
    const denied = 'You are not allowed to access this bucket'
    isRefused(await start(w.consumer, { datasets: [fileInput(object(own))] }), 403, denied)
    isRefused(await start(w.stranger, { datasets: [fileInput(object(shared))] }), 403, denied)
    isRefused(await start(w.stranger, { datasets: [fileInput({ ...object(shared), type: 'NODEPERSISTENTSTORAGE' })] }), 403, denied)
    isRefused(await start(w.publisher, { datasets: [fileInput(object('11111111-1111-4111-8111-111111111111'))] }), 403, denied)
    isRefused(await start(w.publisher, { datasets: [fileInput(object('x'))] }), 403, denied)
    isRefused(await start(w.publisher, { datasets: [fileInput({ type: 'nodePersistentStorage', fileName: 'x' })] }), 400,
      'Persistent storage file object is missing a valid bucketId')
    isRefused(await start(w.publisher, { datasets: [fileInput({ type: 'nodePersistentStorage', bucketId: own })] }), 400, /Missing fileName/)
    isRefused(await start(w.publisher, { datasets: [fileInput(object(own, 'none'))] }), 404, 'File not found: none')
    isRefused(await start(w.publisher, { datasets: [fileInput(object(own, '..'))] }), 500, 'Invalid fileName')
    isRefused(await start(w.stranger, { algorithm: { fileObject: object(shared), meta: await shellAlgorithm() } }), 403, denied)
    const quote = await post(`${w.url}/api/services/initializeCompute`, {
      datasets: [fileInput(object(shared))], algorithm: await rawAlgorithm('true'), environment: e.id, maxJobDuration: 60,
      payment: { chainId: CHAIN, token: w.compute.token(e), resources: smallest(e.resources) }, consumerAddress: w.stranger.address
    })
    assert.equal(quote.text, denied)
    assert.equal(quote.status, 403)
  })

  test('is told about to who may read it', async () => {
    const ask = async (who: string | undefined, file: Fields): Promise<Reply> =>
      post(`${w.url}/api/services/fileInfo`, { ...file, consumerAddress: who, checksum: true })
    const r = await ask(w.consumer.address, object(shared))
    assert.deepEqual(JSON.parse(r.text), [{
      valid: true, contentLength: '300000', contentType: 'application/octet-stream', checksum: sha256(data),
      name: 'my data.bin', type: 'nodePersistentStorage'
    }])
    const refusals: Array<[string | undefined, Fields, number, string | RegExp]> = [
      [undefined, object(shared), 400, 'Invalid Request: consumerAddress is required for nodePersistentStorage files'],
      [w.stranger.address, object(shared), 403, 'You are not allowed to access this bucket'],
      ['x', object(shared), 403, 'You are not allowed to access this bucket'],
      [w.consumer.address, object(shared, 'none'), 500, 'File not found: none'],
      [w.consumer.address, { type: 'nodePersistentStorage', fileName: 'x' }, 500, /Missing bucketId/]
    ]
    for (const [who, file, status, text] of refusals) {
      const refused = await ask(who, file)
      if (text instanceof RegExp) assert.match(refused.text, text)
      else assert.equal(refused.text, text)
      assert.equal(refused.status, status)
    }
  })

  test('is not read by encryptFile for who may not read it', async () => {
    const r = await post(`${w.url}/directCommand`, { command: 'encryptFile', ...await b.signed(w.stranger, 'encryptFile'), files: object(shared) })
    assert.ok(r.status >= 400, r.text)
  })
})

describe('a bucket for the outputs', () => {
  let code: ComputeAlgorithm
  before(async () => { code = await rawAlgorithm(script) })
  const script = `mkdir -p /data/outputs/plots/deep /data/outputs/empty
echo result > /data/outputs/result.csv
echo a > /data/outputs/plots/a.txt; echo b > /data/outputs/plots_a.txt; echo deep > /data/outputs/plots/deep/d
ln -s /etc/passwd /data/outputs/link
printf '\\377' > "/data/outputs/$(printf 'n\\nl')"
`
  test('has them as files, and nothing else', async () => {
    const bucket = await b.make(w.consumer)
    const job = await run(w.consumer, [], code, bucket)
    assert.deepEqual(job.results.map((r: { type: string }) => r.type).includes('output'), false)
    assert.deepEqual(await b.names(w.consumer, bucket), ['n_l', 'plots_a-2.txt', 'plots_a.txt', 'plots_deep_d', 'result.csv'])
    assert.equal(inBucket(bucket, 'result.csv').toString(), 'result\n')
    assert.deepEqual([inBucket(bucket, 'plots_a.txt').toString(), inBucket(bucket, 'plots_a-2.txt').toString()].sort(), ['a\n', 'b\n'])
    const log = await configuration(job, w.consumer)
    assert.match(log, /outputs: 7 bytes to result.csv in bucket/)
    assert.match(log, /outputs: link is no regular file, left out/)
    assert.deepEqual(readdirSync(join(folder, 'uploads')), [])
  })

  test('has those whose names become the same, or are no text', async () => {
    const bucket = await b.make(w.consumer)
    const names = await rawAlgorithm(`mkdir -p /data/outputs
for n in $(printf '\\377 \\376 \\375'); do echo no text > "/data/outputs/$n"; done
for c in 001 002 003 004 005 006 007 010 013 014 015 016 017 020 021; do echo $c > "/data/outputs/$(printf "x\\\\$c.txt")"; done
`)
    await run(w.consumer, [], names, bucket)
    const made = await b.names(w.consumer, bucket)
    assert.deepEqual(made.filter((n) => n.startsWith('_')).sort(), ['_', '_-2', '_-3'])
    assert.equal(made.filter((n) => /^x_(-\d+)?\.txt$/.test(n)).length, 15, made.join())
  })

  test('keeps what was in it', async () => {
    const bucket = await b.make(w.consumer)
    assert.equal((await b.upload(w.consumer, bucket, 'result.csv', 'older')).status, 200)
    assert.equal((await b.upload(w.consumer, bucket, 'plots_deep_d', 'deep\n')).status, 200)
    const job = await run(w.consumer, [], code, bucket)
    const beside = `result-${bare(job.jobId).slice(0, 8)}.csv`
    const names = await b.names(w.consumer, bucket)
    assert.ok(names.includes(beside), names.join())
    assert.equal(names.filter((n) => n.startsWith('plots_deep_d')).length, 1)
    assert.equal(inBucket(bucket, 'result.csv').toString(), 'older')
    assert.equal(inBucket(bucket, beside).toString(), 'result\n')
  })

  test('may be that of somebody else who lets one in', async () => {
    await run(w.consumer, [], code, shared)
    assert.ok((await b.names(w.publisher, shared)).includes('result.csv'))
  })

  test('is refused where one may not write', async () => {
    const denied = 'You are not allowed to access this bucket'
    isRefused(await start(w.consumer, { outputBucketId: own }), 403, denied)
    isRefused(await start(w.consumer, { outputBucketId: '11111111-1111-4111-8111-111111111111' }), 403, denied)
    isRefused(await start(w.consumer, { outputBucketId: 'x' }), 400, 'Invalid bucketId')
    isRefused(await start(w.consumer, { outputBucketId: shared, output: 'ab' }), 400, 'output and outputBucketId are mutually exclusive')
  })

  test('gets each file once, though the node is killed on the way', async () => {
    const bucket = await b.make(w.consumer)
    const many = await rawAlgorithm('i=0; while [ $i -lt 300 ]; do echo $i > /data/outputs/f$i; i=$((i+1)); done')
    const started = await ProviderInstance.freeComputeStart(w.url, w.consumer, e.id, [], many, smallest(e.free?.resources),
      undefined, undefined, undefined, undefined, undefined, undefined, undefined, bucket)
    const { jobId } = [started].flat()[0] as Job
    await until('first file', () => readdirSync(join(folder, 'buckets', bucket)).length > 0, 60_000, 5)
    w.node.kill('SIGKILL')
    await until('end', () => !w.node.running, 60_000)
    const before = readdirSync(join(folder, 'buckets', bucket)).length
    assert.ok(before < 300, 'killed too late')
    await w.startNode()
    await w.compute.end(jobId, w.consumer)
    assert.deepEqual((await b.names(w.consumer, bucket)).sort(), Array.from({ length: 300 }, (_, i) => `f${i}`).sort())
    for (const i of [0, before, 299]) assert.equal(inBucket(bucket, `f${i}`).toString(), `${i}\n`)
    assert.deepEqual(readdirSync(join(folder, 'uploads')), [])
  })

  test('that has no room leaves the results with the job', async () => {
    const bucket = await b.make(w.consumer)
    const env = (w as unknown as { env: NodeJS.ProcessEnv }).env
    env.MAX_BUCKET_SIZE = '1000'
    assert.equal(await w.node.stop(), 0)
    await w.startNode()
    const job = await run(w.consumer, [], await rawAlgorithm('head -c 2000 /dev/zero > /data/outputs/zeros'), bucket)
    assert.match(await configuration(job, w.consumer), /not kept in the bucket: The bucket is full: at most 1000 bytes/)
    assert.equal((await w.compute.output(job, job.jobId, w.consumer)).get('zeros')?.length, 2000)
    assert.deepEqual(await b.names(w.consumer, bucket), [])
  })
})

describe('a node without buckets', () => {
  before(async () => {
    const env = (w as unknown as { env: NodeJS.ProcessEnv }).env
    delete env.PERSISTENT_STORAGE
    assert.equal(await w.node.stop(), 0)
    await w.startNode()
  })
  test('refuses jobs that need them', async () => {
    isRefused(await start(w.publisher, { datasets: [fileInput(object(shared))] }), 400,
      'This compute job references node persistent storage (localfs), which is not enabled or not configured as localfs on this node')
    isRefused(await start(w.publisher, { outputBucketId: shared }), 400, 'Persistent storage is not enabled on this node')
  })
})
