// SPDX-License-Identifier: Apache-2.0
// What goes wrong around a paid job: every refusal with its text and status, every failure with its
// state, and the buyer's money afterwards, read from the contract to the wei.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ProviderInstance, type ComputeAlgorithm, type ComputeAsset, type ComputeEnvironment } from '@oceanprotocol/lib'
import { Contract, getBytes, id as keccakText } from 'ethers'
import { World } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { bare, fileInput, rawAlgorithm, smallest, untar, type Job, type Start } from './lib/compute.ts'
import { noise, sha256, type FileObject, type ServedFile } from './lib/files.ts'
import { http, post, type Reply } from './lib/http.ts'
import { asDataset, trustAll, type Person, type Published } from './lib/market.ts'
import { until } from './lib/process.ts'

const noOrder = `0x${'2'.repeat(64)}`
let w: World
let e: ComputeEnvironment
let input: ServedFile
let data: Published
let order: string
let code: ComputeAlgorithm

before(async () => {
  w = await World.start()
  e = await w.compute.environment()
  input = w.files.add('input.bin', noise(20_000, 'errors'))
  code = await rawAlgorithm('cat /data/inputs/input.bin > /data/outputs/copy.bin')
  data = await publish('Data', input.object)
  await w.compute.fund(w.consumer, e, 500)
  order = await orderOf(data)
})
after(async () => { await w.stop() })

const publish = (name: string, file: FileObject, over: object = {}): Promise<Published> =>
  w.market.publish({ name, service: 'compute', files: [file], price: 0, timeout: 0, trust: trustAll, ...over })
const orderOf = async (asset: Published, who: Person = w.consumer): Promise<string> => {
  const quote = await w.compute.quote(e, { who, datasets: [asDataset(asset)], algorithm: code })
  return w.market.orderForCompute(quote.datasets?.[0] as never, asset, who, e.consumerAddress)
}

/** nonce and signature of a command, as ocean.js makes them. */
async function signed(who: Person, command: string): Promise<{ nonce: string; signature: string }> {
  const nonce = String(await ProviderInstance.getNonce(w.url, who.address) + 1)
  return { nonce, signature: await who.signMessage(getBytes(keccakText(who.address + nonce + command))) }
}

type Body = Record<string, any>
const body = (over: Body = {}, who: Person = w.consumer): Body => {
  const resources = smallest(e.resources)
  return {
    consumerAddress: who.address, environment: e.id, datasets: [asDataset(data, order)], algorithm: code, maxJobDuration: 60,
    resources, payment: { chainId: CHAIN, token: w.compute.token(e), resources, maxJobDuration: 60 }, ...over
  }
}
const initialize = (over: Body, who?: Person): Promise<Reply> => post(`${w.url}/api/services/initializeCompute`, body(over, who))
const start = async (over: Body, who: Person = w.consumer): Promise<Reply> =>
  post(`${w.url}/api/services/compute`, { ...body(over, who), ...await signed(who, 'startCompute'), ...over })

/** The text of an answer that refuses. */
function said(r: Reply): string {
  try {
    const v = JSON.parse(r.text) as { error?: string } | string
    return typeof v === 'string' ? v : v.error ?? r.text
  } catch {
    return r.text
  }
}
function refuses(r: Reply, status: number, text: string | RegExp): void {
  assert.equal(r.status, status, r.text)
  if (typeof text === 'string') assert.equal(said(r), text)
  else assert.match(said(r), text)
}

interface Purse { available: bigint; locked: bigint }
const purse = (): Promise<Purse> => w.compute.funds(w.consumer, w.consumer.address, w.compute.token(e))
const payee = async (): Promise<bigint> =>
  (await w.compute.funds(w.wallet, w.wallet.address, w.compute.token(e))).available + await w.chain.balance(w.chain.ocean, w.wallet.address)

const both: Array<[string, () => Body, number, string | RegExp]> = [
  ['an environment that is not there', () => ({ environment: '0xabc-0xdef' }), 500, 'Invalid C2D Environment'],
  ['more than there is', () => {
    const resources = [{ id: 'cpu', amount: 3 }, { id: 'ram', amount: 1 }, { id: 'disk', amount: 1 }]
    return { resources, payment: { ...body().payment, resources } }
  }, 500, 'Not enough resources: cpu: requested 3, but max is 2'],
  ['another token', () => ({ payment: { ...body().payment, token: String(w.chain.addresses.MockDAI) } }),
    500, /^This compute env does not accept payments on chain/],
  ['another chain', () => ({ payment: { ...body().payment, chainId: 1 } }), 500, /^Cannot handle payments on chainId/],
  ['a token that is no address', () => ({ payment: { ...body().payment, token: '0x12' } }),
    500, `This compute env does not accept payments on chain: ${CHAIN} using token 0x12`],
  ['another chain, as a text', () => ({ payment: { ...body().payment, chainId: '1' } }), 500, 'Cannot handle payments on chainId: 1'],
  ['a chain that is none', () => ({ payment: { ...body().payment, chainId: '1x' } }), 400, 'Invalid payment options'],
  ['no token', () => ({ payment: { ...body().payment, token: '' } }), 400, 'Invalid payment options'],
  ['an unknown DID', () => ({ datasets: [{ documentId: `did:op:${'0'.repeat(64)}`, serviceId: '1', transferTxId: noOrder }] }), 500, /not found/],
  ['an unknown service', () => ({ datasets: [{ documentId: data.did, serviceId: 'none', transferTxId: order }] }), 500, /Cannot find service none/],
  ['an address that is none', () => ({ consumerAddress: '0x123' }), 400, /address/i],
  ['datasets that are no list', () => ({ datasets: 'all of them' }), 400, /datasets/],
  ['a missing algorithm', () => ({ algorithm: undefined }), 400, /algorithm/],
  ['a missing environment', () => ({ environment: undefined }), 400, /environment/]
]
for (const [verb, send] of [['quote', initialize], ['start', start]] as const) {
  describe(`a ${verb} is refused for`, () => {
    for (const [name, over, status, text] of both) {
      if (verb === 'start' && name === 'an address that is none') continue // its signature is wrong first
      test(name, async () => { refuses(await send(over()), status, text) })
    }

    test('an image that does not exist', async () => {
      const algorithm = await rawAlgorithm('true', { tag: 'none', checksum: '' })
      refuses(await send({ algorithm }), 500, /^Unable to validate docker image: ./)
    })

    for (const [part, key] of [['asset', 'credentials'], ['service', 'serviceCredentials']] as const) {
      test(`credentials of the ${part}`, async () => {
        const allow = { deny: [{ type: 'address', values: [w.stranger.address.toLowerCase()] }] }
        const closed = await publish(`Closed ${part}`, input.object, { [key]: allow })
        const over = { datasets: [asDataset(closed, order)] }
        refuses(await send(over, w.stranger), 403, `Error: Access to asset ${closed.did} was denied`)
      })
    }
  })
}

describe('a start is refused for', () => {
  test('a wrong signature, an old nonce', async () => {
    const wrong = await signed(w.stranger, 'startCompute')
    refuses(await start({ ...wrong, nonce: String(Number(await ProviderInstance.getNonce(w.url, w.consumer.address)) + 1) }), 500,
      'Invalid nonce or signature, unable to proceed.')
    refuses(await start({ nonce: '0' }), 500, 'Invalid nonce or signature, unable to proceed.')
  })

  test('the same signature sent many times at once: one is taken', async () => {
    const once = { ...await signed(w.consumer, 'startCompute'), environment: '0xabc-0xdef' }
    const all = await Promise.all(Array.from({ length: 20 }, () => start(once)))
    assert.deepEqual(all.map(said).sort(), [
      'Invalid C2D Environment', ...Array<string>(19).fill('Invalid nonce or signature, unable to proceed.')
    ].sort())
  })

  test('a transaction that is no order, is somebody else\'s or is missing', async () => {
    const text = (tx: string): RegExp => new RegExp(`^TxId Service ${tx} is not valid for DDO ${data.did}`)
    refuses(await start({ datasets: [asDataset(data, noOrder)] }), 500, text(noOrder))
    refuses(await start({ datasets: [asDataset(data, data.tx)] }), 500, text(data.tx))
    refuses(await start({ datasets: [asDataset(data)] }), 500, /transferTxId/)
  })

  test('an escrow that cannot pay, with the reason', async () => {
    const poor = w.chain.account(4)
    const over = { datasets: [asDataset(data, order)] }
    refuses(await start(over, poor), 400, /does not have enough funds/)
    const escrow = String(w.chain.addresses.Escrow)
    const token = w.compute.token(e)
    await (await w.chain.erc20(token, w.consumer).getFunction('transfer')(poor.address, 10n ** 19n)).wait()
    await (await w.chain.erc20(token, poor).getFunction('approve')(escrow, 10n ** 19n)).wait()
    const contract = new Contract(escrow, [
      'function deposit(address,uint256)', 'function authorize(address,address,uint256,uint256,uint256)'
    ], poor)
    await (await contract.getFunction('deposit')(token, 10n ** 19n)).wait()
    refuses(await start(over, poor), 400, /No escrow auths found/)
    const limits: Array<[bigint, number, number, RegExp]> = [
      [1n, 1_000_000, 10, /over limit/], [10n ** 19n, 10, 10, /maxLockSeconds too low/]
    ]
    for (const [amount, seconds, locks, text] of limits) {
      await (await contract.getFunction('authorize')(token, e.consumerAddress, amount, seconds, locks)).wait()
      refuses(await start(over, poor), 400, text)
    }
    const left = await w.compute.funds(poor, poor.address, token)
    assert.deepEqual(left, { available: 10n ** 19n, locked: 0n })
  })
})

describe('a paid job that fails', () => {
  interface End { job: Job; before: Purse; after: Purse; earned: bigint }

  async function runs(over: Partial<Start>, limit = 60_000): Promise<End> {
    const [before, had] = [await purse(), await payee()]
    const { jobId } = await w.compute.start(e, { who: w.consumer, datasets: [asDataset(data, order)], algorithm: code, ...over })
    const job = await w.compute.wait(jobId, w.consumer, 'settlement', (j) => Boolean(j.dateFinished) && j.status !== 71, limit)
    // a failure is told at once, its refund needs a block
    await until('end of the lock', async () => (await purse()).locked === before.locked)
    const name = BigInt(`0x${sha256(bare(jobId))}`)
    const of = async (event: string): Promise<any[]> =>
      (await w.compute.escrowLog.queryFilter(event, 0) as any[]).filter((l) => l.args.jobId === name)
    const [claimed, canceled, locked] = [await of('Claimed'), await of('Canceled'), await of('Lock')]
    assert.equal(locked.length, 1)
    assert.equal(claimed.length + canceled.length, 1, 'settled once')
    const after = await purse()
    const paid = claimed.reduce((sum: bigint, l) => sum + (l.args.amount as bigint), 0n)
    assert.equal(after.locked, before.locked)
    assert.equal(before.available - after.available, paid, 'what the buyer misses is what was claimed')
    const earned = await payee() - had
    assert.ok(earned <= paid && earned * 1000n >= paid * 999n - 1000n, `${earned} of ${paid}`) // the collector takes 0.1 %
    return { job, before, after, earned }
  }
  const refunded = (r: End): void => { assert.deepEqual(r.after, r.before) }
  const withFile = (file: unknown): ComputeAsset[] => [asDataset(data, order), fileInput(file)]

  test('whose dataset answers 404', async () => {
    const r = await runs({ datasets: withFile({ type: 'url', url: w.files.url('none.bin'), method: 'GET' }) })
    assert.equal(r.job.statusName, 'DataProvisioningFailed')
    refunded(r)
  })

  test('whose dataset says nothing is stopped while it waits', async () => {
    const silent = w.files.on('silent', (_req, res) => { res.on('error', () => {}) })
    const before = await purse()
    const { jobId } = await w.compute.start(e, { who: w.consumer, datasets: withFile(silent), algorithm: code })
    await w.compute.wait(jobId, w.consumer, 'provisioning', (j) => j.status === 30)
    await ProviderInstance.computeStop(jobId, w.url, w.consumer)
    const job = await w.compute.wait(jobId, w.consumer, 'end', (j) => Boolean(j.dateFinished) && j.status !== 71, 60_000)
    assert.equal(job.statusName, 'DataProvisioningFailed')
    await until('end of the lock', async () => (await purse()).locked === before.locked)
    assert.deepEqual(await purse(), before)
  })

  test('whose dataset never ends', async () => {
    const endless = w.files.on('endless', (_req, res) => {
      const piece = Buffer.alloc(1 << 20)
      res.writeHead(200, { 'content-type': 'application/octet-stream' })
      const push = (): void => { while (!res.destroyed && res.write(piece)); }
      res.on('drain', push).on('error', () => {})
      push()
    })
    const r = await runs({ datasets: withFile(endless) }, 120_000)
    assert.equal(r.job.statusName, 'DataProvisioningFailed')
    refunded(r)
  })

  for (const [name, claimed] of [['longer', 100], ['shorter', 10_000]] as const) {
    test(`whose dataset is ${name} than it said`, async () => {
      const liar = w.files.on(`liar-${name}`, (req, res) => {
        res.on('error', () => {})
        res.socket?.write(`HTTP/1.1 200 OK\r\nContent-Length: ${claimed}\r\nConnection: close\r\n\r\n`)
        if (req.method !== 'HEAD') res.socket?.write(Buffer.alloc(5000, 'x'))
        res.socket?.end()
      })
      const lied = rawAlgorithm('wc -c < /data/inputs/* > /data/outputs/n || true')
      const r = await runs({ datasets: withFile(liar), algorithm: await lied })
      if (name === 'shorter') {
        assert.equal(r.job.statusName, 'DataProvisioningFailed')
        refunded(r)
      }
    })
  }

  test('that ignores SIGTERM is killed, and pays for its time', async () => {
    const algorithm = await rawAlgorithm('trap "" TERM; i=0; while [ $i -lt 90 ]; do i=$((i+1)); sleep 1; done')
    const r = await runs({ algorithm, duration: 4 })
    assert.equal(r.job.terminationDetails?.exitCode, 137)
    assert.equal(r.job.statusName, 'AlgorithmFailed')
    assert.ok(r.job.results.some((x: any) => x.type === 'output'), 'its results are published')
    assert.ok(r.earned > 0n)
  })

  test('that writes more than its disk', async () => {
    const algorithm = await rawAlgorithm('dd if=/dev/zero of=/data/outputs/big bs=1M count=1200; sleep 60')
    const resources = [{ id: 'cpu', amount: 1 }, { id: 'ram', amount: 1 }, { id: 'disk', amount: 1 }]
    const r = await runs({ algorithm, resources })
    assert.equal(r.job.status, 42)
    assert.equal(r.job.statusName, 'DiskQuotaExceeded')
  })

  test('with an exit status', async () => {
    const r = await runs({ algorithm: await rawAlgorithm('echo x > /data/outputs/x; exit 7') })
    assert.equal(r.job.statusName, 'AlgorithmFailed')
    assert.equal(r.job.terminationDetails?.exitCode, 7)
    assert.ok(r.earned > 0n)
  })

  test('because its program is not there', async () => {
    const r = await runs({ algorithm: await rawAlgorithm('true', { entrypoint: '/no/such/program $ALGO' }) })
    assert.ok(['AlgorithmFailed', 'ContainerCreationFailed'].includes(String(r.job.statusName)), `${r.job.statusName}`)
    refunded(r)
  })
})

describe('wrong authentication elsewhere is 401', () => {
  const cases: Array<[string, Body, RegExp]> = [
    ['a wrong signature', { nonce: '99999999999', signature: `0x${'1'.repeat(130)}` }, /^consumer address and nonce signature mismatch$/],
    ['an old nonce', { nonce: '0', signature: `0x${'1'.repeat(130)}` }, /^nonce: 0 is not a valid nonce$/],
    ['none', {}, /^Invalid authentication, you need to provide either a token/]
  ]
  for (const command of ['stopCompute', 'getComputeResult', 'getComputeStreamableLogs']) {
    for (const [name, proof, text] of cases) {
      test(`${command}: ${name}`, async () => {
        const r = await post(`${w.url}/directCommand`, {
          command, consumerAddress: w.consumer.address, jobId: `0xabc-${'0'.repeat(64)}`, index: 0, ...proof
        })
        refuses(r, 401, text)
      })
    }
  }
})

test('the routes of the paid flow without a prefix: quote, start, status, result', async () => {
  const quote = await post(`${w.url}/initializeCompute`, body())
  assert.equal(quote.status, 200, quote.text)
  assert.equal(JSON.parse(quote.text).datasets[0].validOrder, order)
  const started = await post(`${w.url}/compute`, { ...body(), ...await signed(w.consumer, 'startCompute') })
  assert.equal(started.status, 200, started.text)
  const { jobId } = JSON.parse(started.text)[0]
  const job = await w.compute.end(jobId, w.consumer)
  const status = await http(`${w.url}/compute?jobId=${jobId}&consumerAddress=${w.consumer.address}`)
  assert.equal(bare(JSON.parse(status.text)[0].jobId), bare(jobId))
  const index = job.results.find((x: any) => x.type === 'output')?.index
  const proof = new URLSearchParams({ ...await signed(w.consumer, 'getComputeResult'), consumerAddress: w.consumer.address, jobId, index: String(index) })
  const result = await fetch(`${w.url}/computeResult?${proof}`)
  assert.equal(result.status, 200)
  assert.equal(sha256(untar(Buffer.from(await result.arrayBuffer())).get('copy.bin') ?? ''), sha256(input.bytes))
})

test('the names of a job\'s states, in their order', async () => {
  const { jobId } = await w.compute.startFree(e, { who: w.consumer, datasets: [fileInput(input.object)], algorithm: await rawAlgorithm('sleep 1') })
  const seen: string[] = []
  for (let last = ''; last !== 'JobFinished';) {
    last = String((await w.compute.status(jobId, w.consumer)).statusName)
    if (seen.at(-1) !== last) seen.push(last)
    assert.ok(seen.length < 20, seen.join())
  }
  const names = ['JobStarted', 'PullImage', 'ConfiguringVolumes', 'Provisioning', 'RunningAlgorithm', 'PublishingResults', 'JobFinished']
  assert.deepEqual(seen, names.filter((n) => seen.includes(n)))
  assert.ok(seen.includes('RunningAlgorithm'))
})
