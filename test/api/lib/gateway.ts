// SPDX-License-Identifier: Apache-2.0
// A node with its gateway: real Caddy, a real authority (Pebble) with a proxy before it, a name server; on loopback alone.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request as plain, type IncomingMessage, type Server } from 'node:http'
import { Agent, request } from 'node:https'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Wallet } from 'ethers'
import { NameServer } from './dns.ts'
import { post } from './http.ts'
import { BareNode } from './node.ts'
import { AcmeProxy, Pebble, Tls } from './pebble.ts'
import { freePort, until } from './process.ts'
import { Session } from './session.ts'
import { sign } from './sign.ts'

export interface Reply { status: number; text: string; headers: IncomingMessage['headers']; issuer: string; serial: string }
export interface Visit { ca?: string; method?: string; body?: string; headers?: Record<string, string>; servername?: string; port?: number }

/** What runs in a container elsewhere: it tells what it was asked. */
export class Upstream {
  private constructor(private readonly server: Server) {}

  static async start(name: string): Promise<Upstream> {
    const server = createServer((q, s) => {
      let body = ''
      q.setEncoding('utf8').on('data', (t: string) => { body += t }).on('end', () =>
        s.end(JSON.stringify({ name, method: q.method, url: q.url, headers: q.headers, body })))
    }).on('upgrade', (q, socket: Socket) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${q.headers.upgrade}\r\n\r\n`)
      socket.on('error', () => socket.destroy()).on('data', (d) => socket.write(`${name}: ${d}`))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Upstream(server)
  }

  get port(): number { return (this.server.address() as AddressInfo).port }
  stop(): void { this.server.close(); this.server.closeAllConnections() }
}

export interface Row { deployment: string; owner: string; host: string; port: number; login?: boolean; part?: string }

const BASE = 'solutions.test'

/** What a node's gateway needs around it; `env` is for the node, whichever that is. */
export class Surroundings {
  readonly dir = mkdtempSync(join(tmpdir(), 'atoll-gw-'))
  readonly tls = new Tls(this.dir)
  dns!: NameServer
  /** the one that the authorities ask: the same records, moods of its own */
  theirDns!: NameServer
  pebble!: Pebble
  /** the authority for tests: certificates that are good for seconds */
  staging!: Pebble
  proxy!: AcmeProxy
  ports = { http: 0, https: 0 }
  root = ''
  env: Record<string, string> = {}

  static async start(): Promise<Surroundings> {
    const s = new Surroundings()
    try {
      await s.build()
    } catch (e) {
      await s.stop()
      throw e
    }
    return s
  }

  protected async build(): Promise<void> {
    this.dns = await NameServer.start()
    this.theirDns = await NameServer.start(this.dns)
    this.dns.set(`*.${BASE}`, { A: ['127.0.0.1'] })
    this.dns.set('market.test', { A: ['127.0.0.1'] })
    this.ports = { http: await freePort(), https: await freePort() }
    const pebble = { tls: this.tls, dir: this.dir, resolver: this.theirDns.address, httpPort: this.ports.http, tlsPort: this.ports.https, blocked: [`refused.${BASE}`] }
    this.pebble = await Pebble.start(pebble)
    this.staging = await Pebble.start({ ...pebble, validity: 15 })
    this.proxy = await AcmeProxy.start(this.tls, this.pebble)
    this.root = await this.pebble.root()
    this.env = {
      GATEWAY: 'true', GATEWAY_BIND: '127.0.0.1', GATEWAY_HTTP_PORT: String(this.ports.http), GATEWAY_HTTPS_PORT: String(this.ports.https),
      BASE_DOMAIN: BASE, PUBLIC_URL: `https://market.test:${this.ports.https}`, GATEWAY_RENEW_INTERVAL: '1000',
      ACME_DIRECTORY: this.proxy.directory, ACME_STAGING: this.staging.directory, ACME_CA: this.tls.cert, DNS_RESOLVER: this.dns.address
    }
  }

  /** A request to a host of the gateway, whose certificate must hold. */
  ask(host: string, path = '/', v: Visit = {}): Promise<Reply> {
    const agent = new Agent({ maxCachedSessions: 0 })
    return new Promise((resolve, reject) => {
      const q = request({
        host: '127.0.0.1', port: v.port ?? this.ports.https, path, method: v.method ?? 'GET', agent, ca: v.ca ?? this.root,
        servername: v.servername ?? host, headers: { host: `${host}:${this.ports.https}`, ...v.headers }
      }, (s) => {
        const peer = (s.socket as import('node:tls').TLSSocket).getPeerCertificate()
        let text = ''
        s.setEncoding('utf8').on('data', (t: string) => { text += t }).on('error', reject).on('end', () => {
          agent.destroy()
          resolve({ status: s.statusCode ?? 0, text, headers: s.headers, issuer: String(peer.issuer?.CN ?? ''), serial: peer.serialNumber })
        })
      })
      q.on('error', reject).end(v.body)
    })
  }

  /** Until it answers with this status; a missing certificate is waited for. */
  served(host: string, status = 200, v: Visit = {}): Promise<Reply> {
    // Caddy tries again after a minute when an authority or a name server was too slow
    return until(`answer ${status} of ${host}`, () => this.ask(host, '/', v).then((r) => r.status === status ? r : null, () => null), 180_000)
  }

  askPlain(host: string, path = '/'): Promise<Reply> {
    return new Promise((resolve, reject) => {
      plain({ host: '127.0.0.1', port: this.ports.http, path, agent: false, headers: { host } }, (s) => {
        let text = ''
        s.setEncoding('utf8').on('data', (t: string) => { text += t }).on('error', reject).on('end', () =>
          resolve({ status: s.statusCode ?? 0, text, headers: s.headers, issuer: '', serial: '' }))
      }).on('error', reject).end()
    })
  }

  /** WebSocket's way in, then bytes both ways: says something and waits for what comes back; the status when refused. */
  async connect(host: string, ca = this.root, headers: Record<string, string> = {}): Promise<(text: string) => Promise<string>> {
    const q = request({
      host: '127.0.0.1', port: this.ports.https, path: '/socket', agent: false, ca, servername: host,
      headers: { host: `${host}:${this.ports.https}`, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==', ...headers }
    })
    q.end()
    const answer = await new Promise<{ socket?: Socket; status?: number }>((resolve, reject) => {
      q.on('upgrade', (_s, socket) => resolve({ socket: socket as Socket })).on('response', (s) => { s.resume(); resolve({ status: s.statusCode }) }).on('error', reject)
    })
    const { socket } = answer
    if (!socket) return async () => `status ${answer.status}`
    return async (text) => {
      const said = once(socket.ref(), 'data') as Promise<[Buffer]>
      socket.write(text)
      const [d] = await said
      socket.unref()
      return d.toString()
    }
  }

  async upgrade(host: string, headers: Record<string, string> = {}): Promise<string> {
    return (await this.connect(host, this.root, headers))('hello')
  }

  async stop(): Promise<void> {
    this.proxy?.stop()
    await this.pebble?.stop()
    await this.staging?.stop()
    this.dns?.stop()
    this.theirDns?.stop()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** The same with a node of its own, which has no chain: deployments are rows that the test writes. */
export class Gateway extends Surroundings {
  readonly node = new BareNode()
  readonly admin = new Wallet(Wallet.createRandom().privateKey)

  static override async start(env: Record<string, string> = {}): Promise<Gateway> {
    const g = new Gateway()
    try {
      await g.build()
      Object.assign(g.env, { DEV_LOGIN: 'true', MARKETPLACE_ADMINS: '["root"]', ALLOWED_ADMINS: JSON.stringify([g.admin.address]) }, env)
      await g.startNode()
    } catch (e) {
      await g.stop()
      throw e
    }
    return g
  }

  async startNode(): Promise<void> {
    await this.node.launch(this.env)
    await this.node.program.line(/listening on port/)
  }

  /** A deployment's row, as the engine of deployments has it written (gateway_set), and Caddy told. */
  async route(...rows: Row[]): Promise<void> {
    const values = rows.map((r) => [r.deployment, r.part ?? '', r.owner, r.host, '127.0.0.1', r.port, r.login ? 1 : 0])
    this.sql('INSERT OR REPLACE INTO gateway_route VALUES (?, ?, ?, ?, ?, ?, ?)', values)
    await this.touch()
  }

  sql(statement: string, values: unknown[][]): void {
    const program = ['import json, sqlite3, sys', 'db = sqlite3.connect(sys.argv[1], timeout=30)',
      'db.executemany(sys.argv[2], json.loads(sys.argv[3]))', 'db.commit()'].join('\n')
    execFileSync('python3', ['-c', program, join(this.node.dir, 'node/atoll.sqlite'), statement, JSON.stringify(values)])
  }

  /** Changes the configuration, by default nothing of it; the gateway looks at everything again. */
  async touch(config: Record<string, unknown> = {}): Promise<any> {
    const nonce = JSON.parse((await post(`${this.node.url}/directCommand`, { command: 'nonce', address: this.admin.address })).text) + 1
    const r = await post(`${this.node.url}/directCommand`, {
      command: 'pushConfig', address: this.admin.address, nonce: String(nonce), signature: sign(this.admin, nonce, 'pushConfig'), config
    })
    if (r.status !== 200) throw new Error(`pushConfig: ${r.status} ${r.text}`)
    return JSON.parse(r.text)
  }

  /** Somebody at the marketplace, over the gateway or (dev login) at the node itself. */
  async person(name: string): Promise<Session> { return Session.dev(this.node.url, name) }

  async certificates(): Promise<any> {
    return (await this.person('root')).read('/marketplace/api/admin/certificates')
  }
  async certificate(host: string): Promise<any> {
    return (await this.certificates()).certificates.find((c: any) => c.host === host)
  }

  /** Processes of Caddy that work in this node's folder. */
  caddies(): number[] {
    return readdirSync('/proc').filter((p) => /^\d+$/.test(p)).map(Number).filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${this.node.dir}/node/gateway/first.json`)
      } catch {
        return false
      }
    })
  }

  override async stop(): Promise<void> {
    if (this.node.program) await this.node.stop()
    for (const pid of this.caddies()) process.kill(pid, 'SIGKILL')
    await super.stop()
  }
}
