// SPDX-License-Identifier: Apache-2.0
// What must be there so that every error can be provoked: assets that are wrong in one way each,
// orders, jobs, environments that refuse.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Nft, ProviderInstance, type ComputeEnvironment } from '@oceanprotocol/lib'
import { Wallet, getBytes, id as keccakText } from 'ethers'
import { World } from '../fixtures.ts'
import type { Args } from './api.ts'
import { Buckets } from './buckets.ts'
import { CHAIN } from './chain.ts'
import { rawAlgorithm, smallest } from './compute.ts'
import { socketPath } from './docker.ts'
import { asDataset, trustAll, type Person, type Plan, type Published } from './market.ts'
import { BareNode } from './node.ts'
import { until } from './process.ts'

const resources = [
  { id: 'cpu', total: 4, max: 3, constraints: [{ id: 'ram', min: 1, max: 2 }] }, { id: 'ram', total: 4, max: 2.5 },
  { id: 'disk', total: 10, max: 5 }
]
/** a core takes little disk and needs more memory than there is */
const tight = [
  { id: 'cpu', total: 1, max: 1, constraints: [{ id: 'disk', max: 0.5 }, { id: 'ram', min: 1 }] }, { id: 'ram', total: 1, max: 0.5 },
  { id: 'disk', total: 10, max: 1 }
]
const fees = { [CHAIN]: [{ prices: [{ id: 'cpu', price: 1 }] }] }
const free = { maxJobDuration: 600, minJobDuration: 1, maxJobs: 8, resources: [{ id: 'cpu', max: 1 }, { id: 'ram', max: 1 }, { id: 'disk', max: 1 }] }
const nobody = { addresses: [`0x${'99'.repeat(20)}`] }
const environments = [{
  socketPath,
  environments: [
    { id: 'open', resources, fees, free, storageExpiry: 604800, maxJobDuration: 3600, minJobDuration: 60 },
    { id: 'closed', resources, fees, free: { ...free, access: nobody }, access: nobody, storageExpiry: 604800, maxJobDuration: 3600 },
    { id: 'paid', resources, fees, storageExpiry: 604800, maxJobDuration: 3600 },
    { id: 'tight', resources: tight, fees, free: { ...free, resources: tight }, storageExpiry: 604800, maxJobDuration: 3600 },
    { id: 'jobs', resources, fees, storageExpiry: 604800, maxJobDuration: 3600, features: { services: false } },
    { id: 'services', resources, fees, free, storageExpiry: 604800, maxJobDuration: 3600, features: { computeJobs: false } }
  ]
}]

export class Stage {
  w!: World
  bare!: BareNode
  env!: { open: ComputeEnvironment; closed: ComputeEnvironment; paid: ComputeEnvironment; tight: ComputeEnvironment; jobs: ComputeEnvironment; services: ComputeEnvironment }
  asset = {} as Record<string, Published>
  private readonly folder = mkdtempSync(join(tmpdir(), 'atoll-stage-'))
  /** the consumer's; the same without room; the publisher's */
  bucket = { own: '', full: '', foreign: '' }
  /** the consumer's */
  token = ''
  /** of both nodes */
  readonly admin = new Wallet(Wallet.createRandom().privateKey)
  private readonly admins = { ALLOWED_ADMINS: JSON.stringify([this.admin.address]) }
  private nonce = Date.now() * 1000
  /** transactions of orders */
  tx = {} as Record<string, string>
  /** an ended job and one that runs */
  job = { ended: '', running: '' }

  static async start(): Promise<Stage> {
    const s = new Stage()
    s.w = await World.start({ env: { DOCKER_COMPUTE_ENVIRONMENTS: JSON.stringify(environments), ...s.admins, ...s.storage(), IPFS_GATEWAY: 'http://127.0.0.1:1/', UNSAFE_URLS: '["forbidden"]' } })
    try {
      await s.build()
    } catch (e) {
      await s.stop().catch(() => null)
      throw e
    }
    return s
  }

  /** Buckets so small that they are soon full. */
  private storage(): Record<string, string> {
    return {
      PERSISTENT_STORAGE: JSON.stringify({ enabled: true, type: 'localfs', options: { folder: this.folder } }),
      MAX_BUCKETS: '2', MAX_BUCKET_FILES: '2', MAX_BUCKET_FILE_SIZE: '100', MAX_BUCKET_SIZE: '150'
    }
  }

  private async makeBuckets(): Promise<void> {
    const b = new Buckets(this.w.url)
    const { consumer, publisher } = this.w
    this.bucket = { own: await b.make(consumer), full: await b.make(consumer), foreign: await b.make(publisher) }
    for (const [name, size] of [['large', 100], ['small', 1]] as const) await b.upload(consumer, this.bucket.full, name, 'x'.repeat(size))
    this.token = await ProviderInstance.generateAuthToken(consumer, this.w.url)
  }

  async stop(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true })
    await this.bare?.stop()
    if (this.job.running) await ProviderInstance.computeStop(this.job.running, this.w.url, this.w.consumer).catch(() => null)
    if (this.job.running) await this.w.compute.end(this.job.running, this.w.consumer)
    await this.w.stop()
  }

  private async publish(name: string, over: Partial<Plan> = {}): Promise<Published> {
    const file = this.w.files.add(`${name}.bin`, name)
    return this.asset[name] = await this.w.market.publish({ name, files: [file.object], ...over })
  }

  private async build(): Promise<void> {
    const { w } = this
    this.bare = await BareNode.start(this.admins)
    const all = await w.compute.environments()
    const named = (id: string): ComputeEnvironment => {
      const e = all[['open', 'closed', 'paid', 'tight', 'jobs', 'services'].indexOf(id)]
      if (!e) throw new Error(`no environment ${id}`)
      return e
    }
    this.env = { open: named('open'), closed: named('closed'), paid: named('paid'), tight: named('tight'), jobs: named('jobs'), services: named('services') }
    await this.makeBuckets()
    await this.startJobs()
    await this.publishAll()
    this.tx.data = await w.market.order(this.published('data'), w.consumer)
    this.tx.other = await w.market.order(this.published('other'), w.consumer)
    for (const name of ['odd', 'gone', 'bucket', 'forged']) this.tx[name] = await w.market.mintAndOrder(this.published(name), w.consumer, undefined, await this.fee(name))
    const quote = await w.compute.quote(this.env.open, {
      who: w.consumer, datasets: [asDataset(this.published('compute'))], algorithm: await rawAlgorithm('true'), resources: smallest(this.env.open.resources)
    })
    this.tx.compute = await w.market.orderForCompute(quote.datasets?.[0] as never, this.published('compute'), w.consumer, this.env.open.consumerAddress)
  }

  published(name: string): Published {
    const a = this.asset[name]
    if (!a) throw new Error(`no asset ${name}`)
    return a
  }

  private async fee(name: string): Promise<never> {
    const a = this.published(name)
    return (await ProviderInstance.initialize(a.did, a.serviceId, 0, this.w.consumer.address, this.w.url)).providerFee as never
  }

  private async publishAll(): Promise<void> {
    const { w } = this
    const deny = { deny: [{ type: 'address', values: [w.consumer.address.toLowerCase()] }] }
    await this.publish('data')
    await this.publish('other')
    await this.publish('closed', { credentials: deny })
    await this.publish('compute', { service: 'compute', price: 0, timeout: 0, trust: trustAll })
    await this.publish('distrusting', { service: 'compute', trust: { allowRawAlgorithm: false, allowNetworkAccess: true } })
    await this.publish('sealed', { service: 'compute', sealed: '0xdeadbeef' })
    await this.publish('costly', { service: 'compute', dtCost: 2 })
    await this.publish('odd', { files: [{ type: 'nonsense', url: 'x', method: 'GET' }] })
    await this.publish('gone', { files: [{ type: 'url', url: 'http://127.0.0.1:1/x', method: 'GET' }] })
    await this.publish('bucket', { files: [{ type: 'nodePersistentStorage', bucketId: 'x', fileName: 'y' } as never] })
    await this.publish('unreadable', { sealed: '0xdeadbeef' })
    const foreign = await ProviderInstance.encrypt(
      { nftAddress: w.chain.ocean, datatokenAddress: w.chain.ocean, files: [] }, CHAIN, w.url, w.publisher)
    await this.publish('forged', { sealed: foreign })
    await this.publish('priced', { service: 'compute', price: 3 })
    await this.setState(await this.publish('paused', { service: 'compute' }), 4)
    await this.setState(await this.publish('revoked'), 3)
  }

  /** The node has seen it when it says so of the index, or has the document no more. */
  private async setState(a: Published, state: number): Promise<void> {
    const change = await new Nft(this.w.publisher as never, CHAIN).setMetadataState(a.nft, this.w.publisher.address, state)
    await (change as { wait(): Promise<unknown> }).wait()
    await until(`state ${state}`, async () => {
      const r = await fetch(`${this.w.url}/api/aquarius/assets/ddo/${a.did}`)
      return r.status === 404 || (await r.json() as any).indexedMetadata.nft.state === state
    })
  }

  private async startJobs(): Promise<void> {
    const { w } = this
    const start = async (code: string): Promise<string> => (await w.compute.startFree(this.env.open, {
      who: w.consumer, datasets: [], algorithm: await rawAlgorithm(code), resources: smallest(this.env.open.free?.resources)
    })).jobId
    this.job.ended = await start('echo done')
    await w.compute.end(this.job.ended, w.consumer)
    this.job.running = await start('sleep 500')
    await w.compute.wait(this.job.running, w.consumer, 'running job', (j) => j.status === 40)
  }

  /** Fields that sign a command; its nonce is good at both nodes. */
  async signed(command: string, who: Person = this.w.consumer, field = 'consumerAddress'): Promise<Args> {
    this.nonce = Math.max(this.nonce + 1, Date.now() * 1000)
    const nonce = String(this.nonce)
    return { [field]: who.address, nonce, signature: await who.signMessage(getBytes(keccakText(who.address + nonce + command))) }
  }

  /** The same by the administrator, whose nonces two nodes count. */
  async signedByAdmin(command: string): Promise<Args> {
    const { address } = this.admin
    const nonce = String(++this.nonce)
    return { address, nonce, signature: await this.admin.signMessage(getBytes(keccakText(address + nonce + command))) }
  }
}
