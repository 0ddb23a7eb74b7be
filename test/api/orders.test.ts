// SPDX-License-Identifier: Apache-2.0
// Orders of services that cost several datatokens, and provider fees through their life.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ComputeEnvironment, ProviderComputeInitializeResults } from '@oceanprotocol/lib'
import { World } from './fixtures.ts'
import { atoll } from './lib/chain.ts'
import { rawAlgorithm, shellAlgorithm, type Start } from './lib/compute.ts'
import { noise, sha256, type ServedFile } from './lib/files.ts'
import { post } from './lib/http.ts'
import { trustAll, type Person } from './lib/market.ts'
import { run, sleep } from './lib/process.ts'

const one = 10n ** 18n
let w: World
let e: ComputeEnvironment
let input: ServedFile
before(async () => {
  w = await World.start({ fee: 1 })
  e = await w.compute.environment()
  input = w.files.add('input.bin', noise(9000, 'orders'))
})
after(async () => { await w.stop() })

async function verb(who: Person, ...args: string[]): Promise<{ status: number | string; output: string; value: Record<string, any> }> {
  const env = { PATH: process.env.PATH, RPC: w.chain.url, ADDRESS_FILE: w.chain.addressFile, NODE_URL: w.url, PRIVATE_KEY: who.privateKey }
  const { status, output } = await run(atoll, args, env)
  const line = output.trim().split('\n').find((l) => l.startsWith('{'))
  return { status, output, value: line ? JSON.parse(line) as Record<string, any> : {} }
}
async function done(who: Person, ...args: string[]): Promise<Record<string, any>> {
  const r = await verb(who, ...args)
  assert.equal(r.status, 0, r.output)
  return r.value
}

describe('a service that costs several datatokens', () => {
  let datatoken = ''
  let did = ''
  const spec = (cost: unknown): string => {
    const file = join(w.dir, 'asset.json')
    const service = { serviceEndpoint: 'providerUri', timeout: 3600 }
    writeFileSync(file, JSON.stringify({
      name: 'Costly', description: 'An asset with three services', services: [
        { ...service, id: 0, type: 'download', dtCost: 50, files: [input.object] },
        { ...service, id: 1, type: 'compute', dtCost: 1 }, { ...service, id: 2, type: 'compute', dtCost: cost }]
    }))
    return file
  }
  const job = async (service: string): Promise<string[]> => {
    const { container } = await shellAlgorithm()
    return ['compute', 'start', '--dataset', did, '--service', service, '--code', 'cat /data/inputs/input.bin > /data/outputs/copy.bin; echo it ran',
      '--image', `${container.image}:${container.tag}`, '--entrypoint', 'sh $ALGO', '--duration', '60']
  }
  /** The start of a job on service 2 with one transaction as its order. */
  const startWith = async (tx: string): Promise<string> => {
    const dataset = { documentId: did, serviceId: '2', transferTxId: tx } as never
    const failed = await w.compute.start(e, { who: w.consumer, datasets: [dataset], algorithm: await rawAlgorithm('true') })
      .then(() => '', (x: Error) => x.message)
    assert.notEqual(failed, '', 'it was started')
    return failed
  }

  test('costs of 0, 51, "3" and 1.5, and an address that is no datatoken, are not published', async () => {
    datatoken = String((await done(w.publisher, 'datatoken', 'create', 'Costly token', 'COST')).datatoken)
    for (const cost of [0, 51, '3', 1.5, -1]) {
      const r = await verb(w.publisher, 'asset', 'create', spec(cost), '--datatoken', datatoken)
      assert.equal(r.status, 1, r.output)
      assert.match(r.output, /dtCost must be an integer from 1 to 50/)
    }
    const r = await verb(w.publisher, 'asset', 'create', spec(2), '--datatoken', w.chain.ocean)
    assert.equal(r.status, 1, r.output)
    assert.match(r.output, /is not a datatoken of this chain's factory/)
  })

  test('such costs are refused by the node\'s validation too', async () => {
    const published = await w.market.publish({ name: 'Plain', service: 'compute', files: [input.object], trust: trustAll })
    for (const cost of [0, 51, '3', 1.5]) {
      const ddo = structuredClone(published.ddo)
      ddo.services[0].additionalInformation = { dtCost: cost }
      const r = await post(`${w.url}/api/aquarius/assets/ddo/validate`, { ddo })
      assert.equal(r.status, 400, r.text)
      assert.match(r.text, /dtCost/)
    }
  })

  test('two orders in one transaction, one fee, a job', async () => {
    did = String((await done(w.publisher, 'asset', 'create', spec(2), '--datatoken', datatoken)).did)
    await done(w.publisher, 'datatoken', 'mint', datatoken, '60', '--to', w.consumer.address)
    const before = await w.chain.balance(w.chain.ocean, w.wallet.address)
    const { jobId } = await done(w.consumer, ...await job('2'))
    assert.equal(await w.chain.balance(w.chain.ocean, w.wallet.address) - before, one, 'one fee for both orders')
    assert.equal(await w.chain.balance(datatoken, w.consumer.address), 58n * one)
    const ended = await w.compute.end(String(jobId), w.consumer)
    assert.equal(ended.terminationDetails?.exitCode, 0)
    assert.equal(sha256((await w.compute.output(ended, String(jobId), w.consumer)).get('copy.bin') ?? ''), sha256(input.bytes))
  })

  test('one order alone is refused, and how many are missing is said', async () => {
    const asset = { datatoken, owner: w.publisher } as never
    await done(w.publisher, 'datatoken', 'mint', datatoken, '1', '--to', w.consumer.address)
    const quote = await post(`${w.url}/api/services/initializeCompute`, {
      datasets: [{ documentId: did, serviceId: '2' }], algorithm: await rawAlgorithm('true'), environment: e.id, consumerAddress: w.consumer.address,
      maxJobDuration: 60, payment: { chainId: 8996, token: w.compute.token(e) }
    })
    assert.equal(quote.status, 200, quote.text)
    const entry = JSON.parse(quote.text).datasets[0]
    assert.equal(entry.providerFee.providerFeeAmount, String(one))
    assert.equal(entry.providerFeeRest.providerFeeAmount, '0')
    await w.market.payFee(w.consumer, asset, entry.providerFee)
    const tx = await w.market.datatoken(w.consumer).startOrder(datatoken, e.consumerAddress, 2, entry.providerFee)
    await tx.wait()
    const text = await startWith(tx.hash)
    assert.ok(text.includes(`TxId Service ${tx.hash} is not valid for DDO ${did}`), text)
    assert.match(text, /holds 1 of the 2 orders/)
  })

  test('fifty orders in one transaction, and the download', async () => {
    await done(w.publisher, 'datatoken', 'mint', datatoken, '50', '--to', w.consumer.address)
    const had = await w.chain.balance(datatoken, w.consumer.address)
    const { tx, cost } = await done(w.consumer, 'asset', 'order', did, '0')
    assert.equal(cost, 50)
    assert.equal(had - await w.chain.balance(datatoken, w.consumer.address), 50n * one)
    const asset = { did, serviceId: '0' } as never
    const r = await fetch(await w.market.downloadUrl(asset, String(tx), w.consumer))
    assert.equal(sha256(Buffer.from(await r.arrayBuffer())), sha256(input.bytes))
  })
})

test('a provider fee: new, paid, expired, and expired with its order', async () => {
  const data = await w.market.publish({ name: 'Brief', service: 'compute', files: [input.object], timeout: 10, trust: trustAll })
  const algorithm = await rawAlgorithm('true')
  const quote = async (tx?: string): Promise<NonNullable<ProviderComputeInitializeResults['datasets']>[0]> => {
    const dataset = { documentId: data.did, serviceId: data.serviceId, ...(tx ? { transferTxId: tx } : {}) }
    const s: Start = { who: w.consumer, datasets: [dataset as never], algorithm }
    const r = await w.compute.quote(e, s)
    assert.ok(r.datasets?.[0] && r.payment)
    return r.datasets[0]
  }
  const fresh = await quote()
  const asked = Date.now()
  assert.equal(fresh.validOrder, false)
  assert.equal(String(fresh.providerFee?.providerFeeAmount), String(one))
  await sleep(5000) // the order is younger than its fee
  const tx = await w.market.mintAndOrder(data, w.consumer, e.consumerAddress, fresh.providerFee)
  const ordered = Date.now()
  const paid = await quote(tx)
  assert.equal(paid.validOrder, tx)
  assert.equal(paid.providerFee, undefined)
  await sleep(asked + 12_000 - Date.now())
  assert.ok(Date.now() < ordered + 9000, 'this machine is too slow for this test')
  const stale = await quote(tx)
  assert.equal(stale.validOrder, tx)
  assert.equal(String(stale.providerFee?.providerFeeAmount), String(one))
  const reused = await w.market.orderForCompute(stale, data, w.consumer, e.consumerAddress)
  assert.notEqual(reused, tx)
  assert.equal((await quote(reused)).providerFee, undefined)
  await sleep(ordered + 12_000 - Date.now())
  const over = await quote(reused)
  assert.equal(over.validOrder, false)
  assert.equal(String(over.providerFee?.providerFeeAmount), String(one))
})
