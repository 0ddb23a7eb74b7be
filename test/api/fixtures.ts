// SPDX-License-Identifier: Apache-2.0
// A world for one test file: a chain, a node, a file server, people with money; each on free ports
// in a folder of its own. stop() looks at what the node leaves behind.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HDNodeWallet, Wallet } from 'ethers'
import { CHAIN, Chain, atoll } from './lib/chain.ts'
import { Compute, bare } from './lib/compute.ts'
import { containers, forsake, registry, socketPath } from './lib/docker.ts'
import { FileServer } from './lib/files.ts'
import { post } from './lib/http.ts'
import { Market } from './lib/market.ts'
import { Program, freePort } from './lib/process.ts'

/** Two cores and some memory for money, one core for nothing. */
export const environments = (token: string): unknown[] => [{
  socketPath,
  paymentClaimInterval: 60,
  environments: [{
    id: 'test', storageExpiry: 604800, maxJobDuration: 3600, minJobDuration: 60,
    resources: [{ id: 'cpu', total: 4, max: 2 }, { id: 'ram', total: 4, max: 2 }, { id: 'disk', total: 10, max: 5 }],
    fees: { [CHAIN]: [{ feeToken: token, prices: [{ id: 'cpu', price: 1 }, { id: 'ram', price: 0.5 }] }] },
    free: {
      maxJobDuration: 120, minJobDuration: 10, maxJobs: 8,
      resources: [{ id: 'cpu', max: 1 }, { id: 'ram', max: 1 }, { id: 'disk', max: 1 }]
    }
  }]
}]

export type Env = Record<string, string | undefined>

export interface Options {
  /** variables for the node beside the usual ones, also made when the chain is there; undefined removes one */
  env?: Env | ((w: World) => Env | Promise<Env>)
  /** provider fee in whole OCEAN for each order; none by default */
  fee?: number
  /** without compute environments no Docker Engine is needed */
  compute?: boolean
}

export class World {
  readonly dir = mkdtempSync(join(tmpdir(), 'atoll-test-'))
  readonly files = new FileServer()
  chain!: Chain
  node!: Program
  url = ''
  /** the node's own account */
  wallet!: Wallet
  publisher!: HDNodeWallet
  consumer!: HDNodeWallet
  stranger!: HDNodeWallet
  market!: Market
  compute!: Compute
  private env: NodeJS.ProcessEnv = {}
  /** what earlier processes of this node wrote, when it was started again */
  private history = ''

  static async start(options: Options = {}): Promise<World> {
    const w = new World()
    try {
      await w.build(options)
    } catch (e) {
      await w.abandon()
      throw e
    }
    return w
  }

  async build(options: Options): Promise<void> {
    await this.files.start()
    this.chain = await Chain.start(this.dir)
    this.wallet = await this.chain.newAccount()
    this.publisher = this.chain.account(1)
    this.consumer = this.chain.account(2)
    this.stranger = this.chain.account(3)
    const port = await freePort()
    this.url = `http://127.0.0.1:${port}`
    if (options.compute !== false) registry()
    this.env = {
      PATH: process.env.PATH,
      ASAN_OPTIONS: process.env.ASAN_OPTIONS,
      UBSAN_OPTIONS: process.env.UBSAN_OPTIONS,
      TSAN_OPTIONS: process.env.TSAN_OPTIONS,
      PRIVATE_KEY: this.wallet.privateKey,
      RPCS: JSON.stringify({ [CHAIN]: { rpc: this.chain.url, chainId: CHAIN, network: 'development', chunkSize: 100 } }),
      ADDRESS_FILE: this.chain.addressFile,
      HTTP_API_PORT: String(port),
      INTERFACES: '["HTTP"]',
      JWT_SECRET: 'a secret of the tests',
      INDEXER_INTERVAL: '200',
      ALLOW_PRIVATE_URLS: 'true',
      UNSAFE_URLS: '[]',
      ...(options.compute === false ? {} : { IMAGE_REGISTRIES: JSON.stringify([registry().address]) }),
      MAX_REQ_PER_MINUTE: '100000',
      MAX_CONNECTIONS_PER_MINUTE: '100000',
      MAX_PAGE_REQ_PER_MINUTE: '100000',
      MAX_LOGIN_REQ_PER_MINUTE: '100000',
      DEV_LOGIN: 'true',
      ...(options.compute === false ? {} : { DOCKER_COMPUTE_ENVIRONMENTS: JSON.stringify(environments(this.chain.ocean)) }),
      ...(options.fee === undefined ? {} : {
        FEE_TOKENS: JSON.stringify({ [CHAIN]: this.chain.ocean }), FEE_AMOUNT: JSON.stringify({ amount: options.fee, unit: 'MB' })
      }),
      ...(typeof options.env === 'function' ? await options.env(this) : options.env)
    }
    await this.startNode()
    this.market = new Market(this.chain, this.url, this.publisher)
    this.compute = new Compute(this.chain, this.url)
  }

  /** The node's process, again after its end: the same port, key and folder. */
  launchNode(): void {
    if (this.node) this.history += this.node.output
    this.node = new Program(atoll, ['node', '--data', join(this.dir, 'node')], this.env)
  }

  async startNode(): Promise<void> {
    this.launchNode()
    await this.node.line(/listening/i)
  }

  /** What the node is started with. */
  get environment(): NodeJS.ProcessEnv {
    return this.env
  }

  get log(): string {
    return this.history + (this.node?.output ?? '')
  }

  /** Stops everything, and fails when the node misbehaved or left something behind. */
  async stop(): Promise<void> {
    try {
      const jobs = this.node.running ? await this.jobs() : []
      const asked = Date.now()
      const status = this.node.running ? await this.node.stop() : 0
      assert.equal(status, 0, `the node ended with ${status}:\n${this.log.slice(-3000)}`)
      assert.ok(Date.now() - asked < 5000, 'the node takes more than 5 s to end')
      const broken = this.log.split('\n').filter((l) => / broken /.test(l))
      assert.deepEqual(broken, [], 'lines that must never be')
      const left = (await containers('atoll.job')).filter((c) => jobs.includes(c.Labels['atoll.job'] ?? ''))
      assert.deepEqual(left.map((c) => c.Id), [], 'containers that nobody removed')
    } finally {
      await this.abandon()
    }
  }

  /** The ids of all jobs this node has had, without the cluster's hash. */
  private async jobs(): Promise<string[]> {
    const r = await post(`${this.url}/directCommand`, { command: 'jobs' })
    return r.status === 200 ? (JSON.parse(r.text) as Array<{ jobId: string }>).map((j) => bare(j.jobId)) : []
  }

  private async abandon(): Promise<void> {
    this.files.stop()
    if (this.node?.running) {
      process.stderr.write(this.log)
      this.node.kill('SIGKILL')
    }
    await this.chain?.stop()
    if (this.wallet) await forsake(this.wallet.address)
    rmSync(this.dir, { recursive: true, force: true })
  }
}
