// SPDX-License-Identifier: Apache-2.0
// Services on demand as a client of Ocean's asks for them: signed, paid from the escrow, looked at until they run.
import assert from 'node:assert/strict'
import { encrypt } from 'eciesjs'
import { Contract } from 'ethers'
import { World } from '../fixtures.ts'
import { CHAIN } from './chain.ts'
import { engine, registry, socketPath } from './docker.ts'
import { http, post, type Reply } from './http.ts'
import type { Person } from './market.ts'
import { until } from './process.ts'
import { sign } from './sign.ts'

export interface Service {
  serviceId: string; environment: string; owner: string; status: number; statusText: string; expiresAt: number; duration: number
  containerImage: string; containerId: string; exposedPorts: number[]; endpoints: Array<{ containerPort: number; hostPort: number; url: string }>
  payment: Payment; extendPayments?: Payment[]; [key: string]: any
}
export interface Payment { chainId: number; token: string; lockTx: string; claimTx: string; cancelTx: string; cost: number; amountWei: string; paidWei: string | null }

/** One environment for services, one without them, one for some only. */
export const demandEnvironments = (token: string, more: Record<string, unknown> = {}): unknown[] => {
  const resources = [{ id: 'cpu', total: 8, max: 2, min: 0.05 }, { id: 'ram', total: 8, max: 2, min: 0.03 }, { id: 'disk', total: 100, max: 10 }]
  const common = {
    storageExpiry: 604800, maxJobDuration: 3600, minJobDuration: 60, billing: 'second', resources,
    fees: { [CHAIN]: [{ feeToken: token, prices: [{ id: 'cpu', price: 1 }, { id: 'ram', price: 0.5 }] }] }
  }
  return [{
    socketPath, serviceOnDemand: { enabled: true, nodeHost: 'localhost', hostPortRange: [33100, 33900], maxDurationSeconds: 900, ...more },
    environments: [
      { ...common, id: 'services' }, { ...common, id: 'jobs', features: { computeJobs: true, services: false } },
      { ...common, id: 'some', access: { addresses: ['0x00000000000000000000000000000000000000aa'] } }
    ]
  }]
}

const route: Record<string, [string, string]> = {
  serviceGetTemplates: ['GET', 'serviceTemplates'], serviceStart: ['POST', 'serviceStart'], serviceStop: ['POST', 'serviceStop'],
  serviceRestart: ['POST', 'serviceRestart'], serviceExtend: ['POST', 'serviceExtend'], serviceGetStatus: ['GET', 'serviceStatus'],
  serviceList: ['GET', 'serviceList'], serviceGetStreamableLogs: ['GET', 'serviceStreamableLogs']
}

let lastNonce = Date.now()
/** Credentials of a command, good for once. */
export const signed = (who: Person, command: string): Record<string, string> => {
  const nonce = String(++lastNonce)
  return { consumerAddress: who.address, nonce, signature: sign(who as never, nonce, command) }
}

export class Demand {
  /** Asked with instead of signatures, whose nonces have to arrive in order. */
  token = ''

  constructor(readonly w: World, readonly who: Person) {}

  /** By its route, or by /directCommand. */
  ask(command: string, args: Record<string, unknown> = {}, direct = false): Promise<Reply> {
    const proof = this.token ? { consumerAddress: this.who.address, authorization: this.token } : signed(this.who, command)
    const all: Record<string, unknown> = { ...proof, ...args }
    const [method, path] = route[command] as [string, string]
    if (direct) return post(`${this.w.url}/directCommand`, { command, ...all })
    const headers = { 'content-type': 'application/json', ...(this.token ? { authorization: this.token } : {}) }
    if (method === 'POST') return http(`${this.w.url}/api/services/${path}`, { method, headers, body: JSON.stringify(all) })
    const query = Object.entries(all).filter(([, v]) => v !== undefined).map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`)
    return http(`${this.w.url}/api/services/${path}?${query.join('&')}`, { headers })
  }

  async asks(command: string, args: Record<string, unknown> = {}): Promise<Service[]> {
    const r = await this.ask(command, args)
    assert.equal(r.status, 200, `${command}: ${r.text}`)
    return JSON.parse(r.text)
  }

  async one(command: string, args: Record<string, unknown> = {}): Promise<Service> {
    const list = await this.asks(command, args)
    assert.equal(list.length, 1, JSON.stringify(list))
    return list[0] as Service
  }

  /** The environment of a name. */
  async env(name: string): Promise<string> {
    const all = await this.w.compute.environments()
    const i = ['services', 'jobs', 'some'].indexOf(name)
    return all[i]?.id ?? ''
  }

  sealed(variables: unknown): string {
    const text = typeof variables === 'string' ? variables : JSON.stringify(variables)
    return Buffer.from(encrypt(this.w.wallet.signingKey.publicKey, Buffer.from(text))).toString('hex')
  }

  /** A page that says what it was told, and what it wrote; on 8080. */
  async request(over: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    return {
      environment: await this.env('services'), image: `${registry().address}/bb`, tag: '1', exposedPorts: [8080], duration: 300,
      dockerEntrypoint: ['/bin/busybox'],
      dockerCmd: ['sh', '-c', 'echo "I am $NAME" > /tmp/index.html; echo started $NAME; exec /bin/busybox httpd -f -p 8080 -h /tmp'],
      resources: [{ id: 'cpu', amount: 0.1 }, { id: 'ram', amount: 0.1 }], userData: this.sealed({ NAME: 'first', PORT: 8080, NONE: null }),
      payment: { chainId: CHAIN, token: this.w.chain.ocean }, ...over
    }
  }

  async start(over: Record<string, unknown> = {}): Promise<Service> { return this.one('serviceStart', await this.request(over)) }
  async status(serviceId: string): Promise<Service | undefined> { return (await this.asks('serviceGetStatus', { serviceId }))[0] }

  /** Until its status is one of these; any failure on the way that is not wanted ends it. */
  async becomes(serviceId: string, ...wanted: number[]): Promise<Service> {
    return until(`status ${wanted.join(' or ')} of ${serviceId}`, async () => {
      const s = await this.status(serviceId)
      assert.ok(s, 'the service is gone')
      if (wanted.includes(s.status)) return s
      assert.ok(![12, 99].includes(s.status), `${s.status} ${s.statusText}`)
      return null
    }, 90_000, 150)
  }

  async running(over: Record<string, unknown> = {}): Promise<Service> { return this.becomes((await this.start(over)).serviceId, 40) }

  async page(s: Service, at = 0): Promise<string> {
    const url = s.endpoints[at]?.url ?? ''
    return until(`a page at ${url}`, async () => fetch(url).then((r) => r.ok ? r.text() : null, () => null), 60_000)
  }

  async funds(): Promise<{ available: bigint; locked: bigint }> {
    return this.w.compute.funds(this.who, this.who.address, this.w.chain.ocean)
  }

  private escrow(signature: string): Promise<unknown> {
    return Promise.resolve(new Contract(String(this.w.chain.addresses.Escrow), [`function ${signature}`], this.who).getFunction(signature.split('(')[0] ?? ''))
  }

  async withdraw(amount: bigint): Promise<void> {
    const f = await this.escrow('withdraw(address[],uint256[])') as (...a: unknown[]) => Promise<{ wait(): Promise<unknown> }>
    await (await f([this.w.chain.ocean], [amount])).wait()
  }

  async deposit(amount: bigint): Promise<void> {
    const approve = (await this.w.chain.erc20(this.w.chain.ocean, this.who)).getFunction('approve')
    await (await approve(String(this.w.chain.addresses.Escrow), amount)).wait()
    const f = await this.escrow('deposit(address,uint256)') as (...a: unknown[]) => Promise<{ wait(): Promise<unknown> }>
    await (await f(this.w.chain.ocean, amount)).wait()
  }

  /** Until nothing of it is locked any more. */
  async settled(): Promise<{ available: bigint; locked: bigint }> {
    return until('the end of all locks', async () => {
      const f = await this.funds()
      return f.locked === 0n ? f : null
    }, 60_000)
  }

  /** Locks and claims of this wallet since a block, as the contract tells of them. */
  async events(since: number): Promise<{ locked: bigint[]; claimed: bigint[] }> {
    const log: Contract = this.w.compute.escrowLog
    if (await this.w.chain.provider.getBlockNumber() < since) return { locked: [], claimed: [] }
    const mine = async (name: string): Promise<bigint[]> =>
      (await log.queryFilter(name, since) as any[]).filter((x) => x.args.payer === this.who.address).map((x) => x.args.amount as bigint)
    return { locked: await mine('Lock'), claimed: await mine('Claimed') }
  }

  async box(s: Service): Promise<any> { return engine(`/v1.41/containers/${s.containerId}/json`) }
}

/** Names of what a node has in the engine. */
export async function left(w: World): Promise<string[]> {
  const filter = `filters=${encodeURIComponent(JSON.stringify({ label: [`atoll.node=${w.wallet.address.toLowerCase()}`] }))}`
  const boxes = await engine<Array<{ Names: string[] }>>(`/v1.41/containers/json?all=true&${filter}`)
  const networks = await engine<Array<{ Name: string }>>(`/v1.41/networks?${filter}`)
  return [...boxes.map((c) => c.Names[0] ?? ''), ...networks.map((n) => n.Name)]
}
