// SPDX-License-Identifier: Apache-2.0
// Jobs of the free tier: the queue, whose they are, what may run on whose data, stops wherever they are.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ProviderInstance, type ComputeAlgorithm, type ComputeEnvironment } from '@oceanprotocol/lib'
import { World, environments } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { bare, containerSum, fileInput, rawAlgorithm, shellAlgorithm, smallest, type Job } from './lib/compute.ts'
import { noise, sha256, type ServedFile } from './lib/files.ts'
import { http, post } from './lib/http.ts'
import { asAlgorithm, asDataset, trustAll, type Person, type Published, type Trust } from './lib/market.ts'
import { PrivateRegistry, login } from './lib/registry.ts'
import { sign } from './lib/sign.ts'

let w: World
let e: ComputeEnvironment
let input: ServedFile
let slow: PrivateRegistry
before(async () => {
  const [engine] = environments('') as Array<Record<string, any>>
  engine!.environments[0].free.maxJobs = 1
  delete engine!.environments[0].fees[CHAIN][0].feeToken
  slow = await PrivateRegistry.start()
  w = await World.start({ env: { DOCKER_COMPUTE_ENVIRONMENTS: JSON.stringify([engine]) } })
  e = await w.compute.environment()
  input = w.files.add('input.bin', noise(5000, 'jobs'))
})
after(async () => {
  await w?.stop()
  await slow.stop()
})

/** Address, nonce and signature of a command. */
async function signed(who: Person, command: string): Promise<Record<string, string>> {
  const nonce = String(await ProviderInstance.getNonce(w.url, who.address) + 1)
  return { consumerAddress: who.address, nonce, signature: sign(who, nonce, command) }
}

interface Wish { who?: Person; queue?: number; datasets?: unknown[]; algorithm?: ComputeAlgorithm; viewers?: string[]; auth?: unknown }
const start = async (code: string, o: Wish = {}): Promise<Job> =>
  [await ProviderInstance.freeComputeStart(w.url, o.who ?? w.consumer, e.id, (o.datasets ?? [fileInput(input.object)]) as never,
    o.algorithm ?? await rawAlgorithm(code), smallest(e.free?.resources), undefined, o.viewers, undefined, undefined, undefined, o.queue,
    o.auth as never)].flat()[0] as Job
const stop = async (job: Job, who: Person = w.consumer): Promise<Job> => {
  await ProviderInstance.computeStop(job.jobId, w.url, who)
  return w.compute.end(job.jobId, who)
}
/** Runs for long, and ends when it is asked to. */
const patient = 'trap "exit 0" TERM; i=0; while [ $i -lt 100 ]; do i=$((i+1)); sleep 1; done'
const running = (job: Job): Promise<Job> => w.compute.wait(job.jobId, w.consumer, 'running job', (j) => j.status === 40)

describe('the queue', () => {
  test('is for who waits: the others are refused', async () => {
    const first = await start(patient)
    await running(first)
    await assert.rejects(start('true'), /Too many running free jobs /)
    // what is wrong with a free job is said although there is no room for it
    await assert.rejects(start('true', { datasets: [{ documentId: `did:op:${'0'.repeat(64)}`, serviceId: '1' }] }), /DDO did:op:0+ not found/)
    const brief = await start('true', { queue: 1 })
    const waiting = await start('echo waited', { queue: 600 })
    const last = await start('echo last', { queue: 600 })
    const env = await w.compute.environment()
    assert.equal(env.queuedFreeJobs, 3)
    assert.equal(env.runningfreeJobs, 1)
    const expired = await w.compute.end(brief.jobId, w.consumer)
    assert.deepEqual([expired.status, expired.statusText, expired.statusName], [2, 'Job expired in queue', 'JobExpired'])
    const gone = await stop(last)
    assert.equal(gone.stopRequested, true)
    assert.equal(gone.algoStartTimestamp, '0')
    await stop(first)
    const served = await w.compute.end(waiting.jobId, w.consumer)
    assert.equal(served.terminationDetails?.exitCode, 0)
    assert.ok(Number(served.algoStartTimestamp) >= Number((await w.compute.status(first.jobId, w.consumer)).dateFinished))
  })

  test('is left by a job that is stopped on its way: while its data come, and after it has ended', async () => {
    const trickle = w.files.on('trickle', (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/plain' })
      const timer = setInterval(() => res.write('x'), 50)
      res.on('error', () => {}).on('close', () => { clearInterval(timer) })
    })
    const job = await start('true', { datasets: [fileInput(trickle)] })
    await w.compute.wait(job.jobId, w.consumer, 'provisioning', (j) => j.status === 30)
    const end = await stop(job)
    assert.equal(end.statusName, 'DataProvisioningFailed')
    assert.match(String(end.statusReason), /stopped/)
    const again = [await ProviderInstance.computeStop(job.jobId, w.url, w.consumer)].flat() as Job[]
    assert.equal(again[0]?.dateFinished, end.dateFinished)
    const next = await start('true')
    assert.equal((await w.compute.end(next.jobId, w.consumer)).terminationDetails?.exitCode, 0)
  })

  test('pulls for nobody who has stopped: the image never comes', async () => {
    await slow.push('large')
    const image = { image: `${slow.address}/large`, checksum: '' }
    const job = await start('', { algorithm: await rawAlgorithm(patient, image), auth: login })
    const end = await stop(job)
    assert.equal(end.stopRequested, true)
    assert.ok(end.status === 11 || end.status >= 20, `${end.status}`)
  })
})

describe('a job is its owner\'s', () => {
  let job: Job
  let ended: Job
  before(async () => {
    job = await start('i=0; while [ $i -lt 3 ]; do echo tick $i; i=$((i+1)); sleep 1; done; echo done > /data/outputs/x', { viewers: [w.publisher.address.toLowerCase()] })
    await running(job)
  })
  const asked = async (command: string, who: Person, args: Record<string, unknown>): Promise<Awaited<ReturnType<typeof post>>> =>
    post(`${w.url}/directCommand`, { command, jobId: job.jobId, ...await signed(who, command), ...args })

  test('logs are shown to the owner and viewers, to nobody else', async () => {
    assert.match((await asked('getComputeStreamableLogs', w.publisher, {})).text, /tick 0/)
    ended = await w.compute.end(job.jobId, w.consumer)
    const other = await asked('getComputeStreamableLogs', w.stranger, {})
    assert.equal(other.status, 403, other.text)
    for (const jobId of [job.jobId, bare(job.jobId), 'none']) {
      const r = await asked('getComputeStreamableLogs', w.consumer, { jobId })
      assert.deepEqual([r.status, r.text], [404, 'Job not found or not running'])
    }
  })

  test('results come whole, from an offset, in a range, or not at all', async () => {
    const index = Number(ended.results.find((x: any) => x.type === 'output')?.index)
    const whole = await w.compute.result(job.jobId, index, w.consumer)
    const size = whole.length
    assert.equal((await asked('getComputeResult', w.publisher, { index, offset: size - 10 })).text.length, 10)
    const at = async (range: string): Promise<Response> =>
      fetch(await ProviderInstance.getComputeResultUrl(w.url, w.consumer, bare(job.jobId), index), { headers: { range } })
    const part = await at('bytes=10-19')
    assert.deepEqual([part.status, part.headers.get('content-range')], [206, `bytes 10-19/${size}`])
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(10, 20)))
    assert.equal((await at(`bytes=${size}-`)).status, 416)
    for (const bad of [-1, 'x', 1.5, '1e99', true, [0]]) {
      const r = await asked('getComputeResult', w.consumer, { index: bad })
      assert.deepEqual([r.status, r.text], [400, 'Invalid result index'], String(bad))
    }
    assert.equal((await asked('getComputeResult', w.consumer, { index: 99 })).status, 404)
    assert.equal((await asked('getComputeResult', w.consumer, { index: String(index) })).status, 200)
  })

  test('is listed by its id in both forms, by owner in any case, and not without a question', async () => {
    const status = async (query: string): Promise<Job[]> => JSON.parse((await http(`${w.url}/api/services/compute?${query}`)).text)
    for (const id of [job.jobId, bare(job.jobId)]) assert.deepEqual((await status(`jobId=${id}`)).map((j) => j.jobId), [bare(job.jobId)])
    assert.ok((await status(`consumerAddress=${w.consumer.address.toLowerCase()}`)).some((j) => j.jobId === bare(job.jobId)))
    assert.deepEqual(await status(`consumerAddress=${w.stranger.address}`), [])
    assert.deepEqual(await status(`jobId=${job.jobId}&consumerAddress=${w.stranger.address}`), [])
    assert.deepEqual(await status('jobId=0xabc-'), [])
    const r = await http(`${w.url}/api/services/compute?agreementId=`)
    assert.equal(r.status, 400, r.text)
    assert.equal(JSON.parse(r.text), 'Missing one of ["jobId","consumerAddress","agreementId"]')
    const [shown] = await status(`jobId=${job.jobId}`)
    for (const secret of ['algorithm', 'assets', 'request', 'output', 'encryptedDockerRegistryAuth']) assert.ok(!(secret in (shown as object)), secret)
  })
})

describe('whose algorithm runs on whose data', () => {
  let algo: Published
  let code: ServedFile
  const data = (name: string, trust: Trust): Promise<Published> => w.market.publish({ name, service: 'compute', files: [input.object], timeout: 0, trust })
  const lists = (over: Record<string, string> = {}): Trust => ({
    allowRawAlgorithm: false, allowNetworkAccess: true, publisherTrustedAlgorithmPublishers: [],
    publisherTrustedAlgorithms: [{ did: algo.did, filesChecksum: sha256(code.bytes), containerSectionChecksum: containerSum(algo.ddo.metadata.algorithm), ...over }]
  })
  const run = async (asset: Published, algorithm: ComputeAlgorithm): Promise<Job> => {
    const job = await start('', { datasets: [asDataset(asset)], algorithm })
    return w.compute.end(job.jobId, w.consumer)
  }
  const refused = async (asset: Published, algorithm: ComputeAlgorithm): Promise<void> => {
    await assert.rejects(start('', { datasets: [asDataset(asset)], algorithm }), new RegExp(`Algorithm \\S+ not allowed to run on the dataset: ${asset.did}`))
  }
  before(async () => {
    code = w.files.add('algo.sh', 'echo published > /data/outputs/who', 'text/x-shellscript')
    algo = await w.market.publish({ name: 'Algorithm', type: 'algorithm', files: [code.object], timeout: 0, algorithm: await shellAlgorithm() })
  })

  test('is decided by checksums, for free jobs too', async () => {
    const good = await data('Good', lists())
    assert.equal((await run(good, asAlgorithm(algo))).terminationDetails?.exitCode, 0)
    await refused(good, await rawAlgorithm('true'))
    await refused(good, { fileObject: code.object, meta: algo.ddo.metadata.algorithm } as never)
    const wrong: Array<Record<string, string>> = [{ filesChecksum: '0'.repeat(64) }, { containerSectionChecksum: '0'.repeat(64) }, { did: `did:op:${'1'.repeat(64)}` }, { serviceId: 'x' }]
    for (const over of wrong) {
      await refused(await data(`Bad ${Object.keys(over)[0]}`, lists(over)), asAlgorithm(algo))
    }
  })

  test('is decided by the publisher\'s NFT, by stars, by nothing', async () => {
    const by = (publisher: string): Trust => ({ allowRawAlgorithm: false, allowNetworkAccess: true, publisherTrustedAlgorithms: [], publisherTrustedAlgorithmPublishers: [publisher] })
    assert.equal((await run(await data('By NFT', by(algo.nft.toLowerCase())), asAlgorithm(algo))).terminationDetails?.exitCode, 0)
    await refused(await data('By wallet', by(w.publisher.address)), asAlgorithm(algo))
    await run(await data('Stars', lists({ did: '*', filesChecksum: '*', containerSectionChecksum: '*' })), asAlgorithm(algo))
    await run(await data('Nothing', trustAll), asAlgorithm(algo))
  })

  test('what was published runs, whatever the request says beside it; without meta too', async () => {
    const good = await data('Strict', lists())
    const other = { ...asAlgorithm(algo), meta: { ...algo.ddo.metadata.algorithm, rawcode: 'echo mine > /data/outputs/who', container: { ...algo.ddo.metadata.algorithm.container, entrypoint: 'sh -c true' } } }
    for (const algorithm of [other, asDataset(algo)]) {
      const end = await run(good, algorithm as never)
      assert.equal(String((await w.compute.output(end, end.jobId, w.consumer)).get('who')), 'published\n')
    }
  })

  test('a file of the algorithm that is gone: nobody can tell', async () => {
    const gone = await w.market.publish({ name: 'Gone', type: 'algorithm', files: [{ type: 'url', url: w.files.url('gone.sh'), method: 'GET' }], timeout: 0, algorithm: await shellAlgorithm() })
    const strict = await data('Strict of gone', lists({ did: gone.did }))
    await assert.rejects(start('', { datasets: [asDataset(strict)], algorithm: asAlgorithm(gone) }), /Failed to retrieve algorithm checksums/)
  })
})

test('what a request may hold at most', async () => {
  const body = async (over: Record<string, unknown>): Promise<Awaited<ReturnType<typeof post>>> => post(`${w.url}/api/services/freeCompute`, {
    environment: e.id, datasets: [], algorithm: await rawAlgorithm('true'), ...await signed(w.consumer, 'freeStartCompute'), ...over
  })
  const cases: Array<[Record<string, unknown>, RegExp]> = [
    [{ metadata: { text: 'x'.repeat(1024) } }, /^"Metadata size is too large"$/],
    [{ additionalViewers: Array(101).fill(w.stranger.address) }, /additionalViewers has more than 100 addresses/],
    [{ datasets: Array(101).fill(fileInput(input.object)) }, /at most 100 datasets/],
    [{ algorithm: { ...await rawAlgorithm('true'), envs: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`V${i}`, 'x'])) } }, /more than 256 environment variables/],
    [{ algorithm: await rawAlgorithm('true', { entrypoint: 'sh "$ALGO' }) }, /a quote that is not closed/]
  ]
  for (const [over, text] of cases) {
    const r = await body(over)
    if (r.status === 200) {
      const job = await w.compute.end(JSON.parse(r.text)[0].jobId, w.consumer)
      assert.match(String(job.statusReason), text)
    } else {
      assert.ok(r.status >= 400 && r.status <= 500, `${r.status}`)
      assert.match(r.text, text)
    }
  }
  const fine = await body({ metadata: { text: 'x'.repeat(1000) }, maxJobDuration: 30.5 })
  assert.equal(fine.status, 200, fine.text)
  const [job] = JSON.parse(fine.text)
  assert.equal(job.maxJobDuration, 31)
  await w.compute.end(job.jobId, w.consumer)
})
