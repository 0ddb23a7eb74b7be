// SPDX-License-Identifier: Apache-2.0
// Compute to data: paid through the escrow, free, stopped, over its limits, refused.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ProviderInstance, type ComputeEnvironment } from '@oceanprotocol/lib'
import { World } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import {
  bare, containerSum, fileInput, rawAlgorithm, script, shellAlgorithm, smallest, type Job, type Start
} from './lib/compute.ts'
import { noise, sha256, type ServedFile } from './lib/files.ts'
import { http, post } from './lib/http.ts'
import { asAlgorithm, asDataset, trustAll, type Published } from './lib/market.ts'
import { until } from './lib/process.ts'

let w: World
let e: ComputeEnvironment
let input: ServedFile
let data: Published
let algo: Published
let trusting: Published
let txData: string
let txAlgo: string

before(async () => {
  w = await World.start()
  e = await w.compute.environment()
  input = w.files.add('input.bin', noise(70_003, 'compute'))
  const code = w.files.add('algo.sh', script(2), 'text/x-shellscript')
  const algorithm = await shellAlgorithm()
  algo = await w.market.publish({ name: 'Algorithm', type: 'algorithm', files: [code.object], price: 0, timeout: 0, algorithm })
  const trust = {
    allowRawAlgorithm: false, allowNetworkAccess: true, publisherTrustedAlgorithmPublishers: [],
    publisherTrustedAlgorithms: [{
      did: algo.did, filesChecksum: sha256(code.bytes), containerSectionChecksum: containerSum(algorithm)
    }]
  }
  const plan = { service: 'compute' as const, files: [input.object], price: 0, timeout: 0 }
  data = await w.market.publish({ ...plan, name: 'Strict data', trust })
  trusting = await w.market.publish({ ...plan, name: 'Trusting data', trust: trustAll })
  await w.compute.fund(w.consumer, e, 500)
  const quote = await w.compute.quote(e, ask())
  txAlgo = await w.market.orderForCompute(quote.algorithm as never, algo, w.consumer, e.consumerAddress)
  txData = await w.market.orderForCompute(quote.datasets?.[0] as never, data, w.consumer, e.consumerAddress)
})
after(async () => { await w.stop() })

const ask = (): Start => ({ who: w.consumer, datasets: [asDataset(data)], algorithm: asAlgorithm(algo) })
const paid = (over: Partial<Start> = {}): Start =>
  ({ who: w.consumer, datasets: [asDataset(data, txData)], algorithm: asAlgorithm(algo, txAlgo), ...over })
const free = async (code: string, over: Partial<Start> = {}): Promise<Start> =>
  ({ who: w.consumer, datasets: [fileInput(input.object)], algorithm: await rawAlgorithm(code), ...over })
/** A request that a client library would not send, or whose refusal it hides. */
const initialize = (over: Record<string, unknown>): ReturnType<typeof post> =>
  post(`${w.url}/api/services/initializeCompute`, {
    datasets: [asDataset(data)], algorithm: asAlgorithm(algo), environment: e.id, consumerAddress: w.consumer.address,
    maxJobDuration: 60, payment: { chainId: CHAIN, token: w.compute.token(e), resources: smallest(e.resources) }, ...over
  })

describe('a quote', () => {
  test('is the sum of price, amount and minutes', async () => {
    const quote = await w.compute.quote(e, ask())
    const prices = e.fees[CHAIN]?.[0]?.prices ?? []
    const want = smallest(e.resources).reduce((sum, r) =>
      sum + BigInt(Math.round((prices.find((p) => p.id === r.id)?.price ?? 0) * 10 * r.amount)) * 10n ** 17n, 0n)
    assert.equal(String(quote.payment?.amount), String(want))
    assert.equal(quote.payment?.payee.toLowerCase(), e.consumerAddress.toLowerCase())
    assert.ok(Number(quote.payment?.minLockSeconds) >= 60)
  })

  test('knows an order that is still good', async () => {
    const quote = await w.compute.quote(e, paid())
    assert.equal(quote.datasets?.[0]?.validOrder, txData)
    assert.equal(quote.algorithm?.validOrder, txAlgo)
    assert.equal(quote.algorithm?.providerFee, undefined)
  })

  const cases: Array<[string, () => Promise<Record<string, unknown>>, number, RegExp]> = [
    ['unknown environment', async () => ({ environment: '0xabc-0xdef' }), 500, /Invalid C2D Environment/],
    ['more than there is', async () => ({
      payment: { chainId: CHAIN, token: w.compute.token(e), resources: [{ id: 'cpu', amount: 3 }, { id: 'ram', amount: 1 }, { id: 'disk', amount: 1 }] }
    }), 500, /Not enough resources: cpu: requested 3, but max is 2/],
    ['another token', async () => ({
      payment: { chainId: CHAIN, token: String(w.chain.addresses.MockDAI), resources: smallest(e.resources) }
    }), 500, /This compute env does not accept payments on chain/],
    ['another chain', async () => ({
      payment: { chainId: 1, token: w.compute.token(e), resources: smallest(e.resources) }
    }), 500, /Cannot handle payments on chainId/],
    ['an image that does not exist', async () => ({
      datasets: [asDataset(trusting)], algorithm: await rawAlgorithm('true', { tag: 'none', checksum: '' })
    }), 500, /Unable to validate docker image/],
    ['a missing field', async () => ({ environment: undefined }), 400, /environment/],
    ['raw code where only one algorithm is trusted', async () => ({ algorithm: await rawAlgorithm('true') }), 400, /not allowed/]
  ]
  for (const [name, over, status, text] of cases) {
    test(`is refused: ${name}`, async () => {
      const r = await initialize(await over())
      assert.equal(r.status, status, r.text)
      assert.match(r.text, text)
    })
  }
})

describe('a paid job', () => {
  let jobId = ''
  let job: Job
  let since = 0
  let before: { available: bigint; locked: bigint }

  test('starts, and its lock is on chain', async () => {
    since = await w.chain.provider.getBlockNumber()
    before = await w.compute.funds(w.consumer, w.consumer.address, w.compute.token(e))
    const algorithm = { ...asAlgorithm(algo, txAlgo), algocustomdata: { answer: 42 } }
    job = await w.compute.start(e, paid({ algorithm }))
    jobId = job.jobId
    assert.match(jobId, /^0x[0-9a-f]{64}-[0-9a-f]{64}$/)
    assert.equal(job.owner, w.consumer.address)
    assert.equal(job.agreementId, job.payment.lockTx)
    const lock = await until('Lock event', async () => {
      const found = await w.compute.escrowLog.queryFilter('Lock', since)
      return (found as any[]).find((l) => l.transactionHash === job.payment.lockTx)
    })
    assert.equal(lock.args.jobId, BigInt(`0x${sha256(bare(jobId))}`))
    assert.equal(lock.args.payer, w.consumer.address)
  })

  test('streams its logs while it runs, without frame bytes', async () => {
    await w.compute.wait(jobId, w.consumer, 'running job', (j) => j.status >= 40)
    const stream = await ProviderInstance.computeStreamableLogs(w.url, w.consumer, jobId)
    const parts: Buffer[] = []
    for await (const chunk of stream) parts.push(Buffer.from(chunk as Uint8Array))
    const text = Buffer.concat(parts).toString('latin1')
    assert.match(text, /tick \d/)
    assert.doesNotMatch(text, /[\x00-\x08]/)
  })

  test('ends with results, byte by byte', async () => {
    job = await w.compute.end(jobId, w.consumer)
    assert.equal(job.terminationDetails?.exitCode, 0)
    const output = await w.compute.output(job, jobId, w.consumer)
    assert.equal(sha256(output.get('copy.bin') ?? ''), sha256(input.bytes))
    assert.equal(JSON.parse(String(output.get('custom.json'))).answer, 42)
    const log = await w.compute.log(job, jobId, w.consumer)
    assert.match(log, /algorithm-start[\s\S]*algorithm-end/)
  })

  test('gives a part of a result to whom resumes', async () => {
    const r = job.results.find((x: any) => x.type === 'output') as any
    const whole = await w.compute.result(jobId, r.index, w.consumer)
    const parts: Buffer[] = []
    for await (const c of await ProviderInstance.getComputeResult(w.url, w.consumer, jobId, r.index, 512) as any) parts.push(Buffer.from(c))
    assert.ok(Buffer.concat(parts).equals(whole.subarray(512)))
  })

  test('is claimed once, and the money adds up', async () => {
    const settled = await w.compute.wait(jobId, w.consumer, 'claim', (j) => j.status === 70)
    assert.match(settled.payment.claimTx, /^0x[0-9a-f]{64}$/)
    const claims = (await w.compute.escrowLog.queryFilter('Claimed', since) as any[])
      .filter((c) => c.args.jobId === BigInt(`0x${sha256(bare(jobId))}`))
    assert.equal(claims.length, 1)
    const after = await w.compute.funds(w.consumer, w.consumer.address, w.compute.token(e))
    assert.equal(after.locked, before.locked)
    assert.equal(before.available - after.available, claims[0].args.amount)
  })

  test('shows its results to its owner alone', async () => {
    const r = await http(await ProviderInstance.getComputeResultUrl(w.url, w.stranger, jobId, 0))
    assert.ok([401, 403, 500].includes(r.status), `${r.status} ${r.text}`)
    const none = await http(await ProviderInstance.getComputeResultUrl(w.url, w.consumer, jobId, 99))
    assert.notEqual(none.status, 200, none.text)
  })

  test('is in the lists', async () => {
    const mine = [await ProviderInstance.computeStatus(w.url, w.consumer)].flat()
    assert.ok(mine.some((j) => bare(j.jobId) === bare(jobId)))
    const r = await post(`${w.url}/directCommand`, { command: 'jobs' })
    assert.ok(r.text.includes(bare(jobId)), r.text.slice(0, 300))
    const since = await post(`${w.url}/directCommand`, { command: 'jobs', fromTimestamp: 1 })
    assert.deepEqual([since.status, since.text], [400, 'Parameter : "fromTimestamp" is not a valid string'])
  })
})

test('a job over its maxJobDuration is cut off and published', async () => {
  const s: Start = { who: w.consumer, datasets: [asDataset(trusting)], algorithm: await rawAlgorithm(script(60)), duration: 6 }
  const quote = await w.compute.quote(e, s)
  const tx = await w.market.orderForCompute(quote.datasets?.[0] as never, trusting, w.consumer, e.consumerAddress)
  const { jobId } = await w.compute.start(e, { ...s, datasets: [asDataset(trusting, tx)] })
  const job = await w.compute.end(jobId, w.consumer, 40_000)
  assert.match(await w.compute.log(job, jobId, w.consumer), /tick 2/)
  assert.notEqual(job.terminationDetails?.exitCode, 0)
})

describe('a paid job is refused', () => {
  test('without money in the escrow', async () => {
    const poor = w.chain.account(4)
    const quote = await w.compute.quote(e, { ...ask(), who: poor })
    const a = await w.market.orderForCompute(quote.algorithm as never, algo, poor, e.consumerAddress)
    const d = await w.market.orderForCompute(quote.datasets?.[0] as never, data, poor, e.consumerAddress)
    const start = w.compute.start(e, { who: poor, datasets: [asDataset(data, d)], algorithm: asAlgorithm(algo, a) })
    await assert.rejects(start, /fund|auth/i)
  })

  test('with somebody else\'s order', async () => {
    await assert.rejects(w.compute.start(e, paid({ who: w.stranger })), /./)
  })

  test('with a transaction that is no order', async () => {
    const bad = paid({ datasets: [asDataset(data, `0x${'2'.repeat(64)}`)] })
    await assert.rejects(w.compute.start(e, bad), /./)
  })
})

describe('free compute', () => {
  const once = async (s: Start): Promise<{ job: Job; id: string }> => {
    const { jobId } = await w.compute.startFree(e, s)
    return { job: await w.compute.end(jobId, w.consumer), id: jobId }
  }

  test('raw code on a file', async () => {
    const { job, id } = await once(await free(script(0)))
    assert.equal(job.isFree, true)
    assert.equal(sha256((await w.compute.output(job, id, w.consumer)).get('copy.bin') ?? ''), sha256(input.bytes))
  })

  test('two files, and environment variables', async () => {
    const second = w.files.add('zz-second.bin', 'second input\n')
    const s = await free('cat /data/inputs/zz-second.bin /data/inputs/input.bin > /data/outputs/both; echo "is $SOME" > /data/outputs/var')
    s.datasets.push(fileInput(second.object))
    Object.assign(s.algorithm, { envs: { SOME: 'seven' } })
    const { job, id } = await once(s)
    const out = await w.compute.output(job, id, w.consumer)
    assert.equal(sha256(out.get('both') ?? ''), sha256(Buffer.concat([second.bytes, input.bytes])))
    assert.equal(String(out.get('var')), 'is seven\n')
  })

  test('an algorithm that fails: its exit status and its results', async () => {
    const { job, id } = await once(await free(script(0, 3)))
    assert.equal(job.terminationDetails?.exitCode, 3)
    assert.equal(job.statusName, 'AlgorithmFailed')
    assert.ok((await w.compute.output(job, id, w.consumer)).has('copy.bin'))
  })

  test('runs as nobody in particular, without network', async () => {
    const { job, id } = await once(await free('id -u > /data/outputs/uid; ls /sys/class/net > /data/outputs/net; grep -i capeff /proc/self/status > /data/outputs/caps'))
    const out = await w.compute.output(job, id, w.consumer)
    assert.equal(String(out.get('uid')), '1000\n')
    assert.equal(String(out.get('net')), 'lo\n')
    assert.match(String(out.get('caps')), /0000000000000000/)
  })

  test('a dataset that answers 404 ends the job in its proper state', async () => {
    const none = { type: 'url', url: w.files.url('none.bin'), method: 'GET' }
    const r = await w.compute.startFree(e, await free(script(0), { datasets: [fileInput(none)] })).catch((x: Error) => x)
    if (r instanceof Error) {
      assert.match(r.message, /./)
    } else {
      const job = await w.compute.end(r.jobId, w.consumer)
      assert.equal(job.statusName, 'DataProvisioningFailed')
    }
  })

  test('is stopped by its owner, not by others, even when it ignores SIGTERM', async () => {
    const { jobId } = await w.compute.startFree(e, await free('trap "" TERM; i=0; while [ $i -lt 100 ]; do i=$((i+1)); sleep 1; done'))
    await w.compute.wait(jobId, w.consumer, 'running job', (j) => j.status === 40)
    await ProviderInstance.computeStop(jobId, w.url, w.stranger).catch(() => null)
    assert.ok(!(await w.compute.status(jobId, w.consumer)).stopRequested)
    const early = await http(await ProviderInstance.getComputeResultUrl(w.url, w.consumer, jobId, 2)) // algorithm.log
    assert.equal(early.status, 409, early.text)
    await ProviderInstance.computeStop(jobId, w.url, w.consumer)
    const job = await w.compute.end(jobId, w.consumer, 30_000)
    assert.equal(job.stopRequested, true)
  })
})
