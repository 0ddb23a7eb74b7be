// SPDX-License-Identifier: Apache-2.0
// Everything that a story from a phone's login to a running site needs: solutions, names with certificates of a real
// authority, the login server of 3Bot Connect.
import { readFileSync, readdirSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { ConnectServer } from './connect.ts'
import { NameServer } from './dns.ts'
import { containers, engine } from './docker.ts'
import { Pebble, Tls } from './pebble.ts'
import { freePort, until } from './process.ts'
import { Solutions } from './solutions.ts'
import { BackupHost } from './sshd.ts'

export const BASE = 'solutions.test'
export const MARKET = 'market.test'

export class Story {
  solutions!: Solutions
  connect!: ConnectServer
  private dns!: NameServer
  private readonly hosts: BackupHost[] = []
  private pebble!: Pebble
  /** the authority that browsers would trust */
  root = ''
  ports = { http: 0, https: 0 }

  static async start(): Promise<Story> {
    const s = new Story()
    s.ports = { http: await freePort(), https: await freePort() }
    s.connect = await ConnectServer.start('https')
    s.dns = await NameServer.start()
    s.dns.set(`*.${BASE}`, { A: ['127.0.0.1'] })
    s.dns.set(MARKET, { A: ['127.0.0.1'] })
    try {
      s.solutions = await Solutions.start(async (w) => {
        const tls = new Tls(join(w.dir, 'tls'))
        s.pebble = await Pebble.start({ tls, dir: w.dir, resolver: s.dns.address, httpPort: s.ports.http, tlsPort: s.ports.https })
        s.root = await s.pebble.root()
        return {
          ...s.connect.env, GATEWAY: 'true', GATEWAY_BIND: '127.0.0.1', GATEWAY_HTTP_PORT: String(s.ports.http),
          GATEWAY_HTTPS_PORT: String(s.ports.https), BASE_DOMAIN: BASE, PUBLIC_URL: s.url, GATEWAY_RENEW_INTERVAL: '1000',
          ACME_DIRECTORY: s.pebble.directory, ACME_CA: tls.cert, DNS_RESOLVER: s.dns.address
        }
      })
    } catch (e) {
      await s.stop()
      throw e
    }
    return s
  }

  /** The marketplace, as its visitors know it. */
  get url(): string { return `https://${MARKET}:${this.ports.https}` }
  /** A deployment's site. */
  site = (name: string): string => `https://${name}.${BASE}:${this.ports.https}`

  /** What a browser would get of a host here, its certificate being good; null when it gets nothing. */
  visit(host: string, path = '/'): Promise<{ status: number; text: string; issuer: string } | null> {
    const agent = new Agent({ maxCachedSessions: 0 })
    return new Promise((resolve) => {
      request({ host: '127.0.0.1', port: this.ports.https, path, agent, ca: this.root, servername: host, headers: { host: `${host}:${this.ports.https}` } }, (r) => {
        const issuer = String((r.socket as import('node:tls').TLSSocket).getPeerCertificate().issuer?.CN ?? '')
        let text = ''
        r.setEncoding('utf8').on('data', (t: string) => { text += t }).on('end', () => {
          agent.destroy()
          resolve({ status: r.statusCode ?? 0, text, issuer })
        })
      }).on('error', () => { agent.destroy(); resolve(null) }).end()
    })
  }

  /** Until a deployment's site is served. */
  served(name: string): Promise<{ status: number; text: string; issuer: string }> {
    return until(`answer of ${name}`, async () => {
      const r = await this.visit(`${name}.${BASE}`)
      return r?.status === 200 ? r : null
    }, 60_000)
  }

  /** Two backup servers, and the node knows them; each is an sshd of its own. */
  async backupServers(): Promise<[BackupHost, BackupHost]> {
    const { publicKey } = await this.solutions.operator.read('/marketplace/api/admin/backup-servers')
    for (const name of ['one', 'two']) {
      const host = await BackupHost.start(name)
      this.hosts.push(host)
      const made = host.prepare(publicKey)
      if (made.status !== 0) throw new Error(made.stderr)
      await host.up()
      await this.solutions.operator.tell('/marketplace/api/admin/backup-servers', host.as(name))
    }
    return this.hosts as [BackupHost, BackupHost]
  }

  /** The containers and volumes of a deployment are gone, as after a disk's death; the node makes new ones at once. */
  async wreck(id: string): Promise<void> {
    const there = new Set(await volumes(id))
    await until('its volumes are gone', async () => {
      for (const c of await containers(`atoll.deployment=${id}`)) await engine(`/v1.41/containers/${c.Id}?force=true`, 'DELETE').catch(() => null)
      for (const v of there) await engine(`/v1.41/volumes/${v}?force=true`, 'DELETE').then(() => there.delete(v), () => null)
      return there.size === 0
    })
  }

  /** The node is killed, as by a power cut, and started again. */
  async crash(): Promise<void> {
    const { w } = this.solutions
    w.node.kill('SIGKILL')
    await until('the node has ended', () => !w.node.running)
    await w.startNode()
  }

  async stop(): Promise<void> {
    const dir = this.solutions?.w.dir
    try {
      await this.solutions?.stop()
    } finally {
      for (const pid of dir ? caddies(dir) : []) process.kill(pid, 'SIGKILL')
      for (const host of this.hosts) await host.stop()
      this.connect?.stop()
      await this.pebble?.stop()
      this.dns?.stop()
    }
  }
}

/** Names of a deployment's volumes. */
export async function volumes(id: string): Promise<string[]> {
  const filter = encodeURIComponent(JSON.stringify({ label: [`atoll.deployment=${id}`] }))
  const r = await engine<{ Volumes: Array<{ Name: string }> | null }>(`/v1.41/volumes?filters=${filter}`)
  return (r.Volumes ?? []).map((v) => v.Name)
}

/** Processes of Caddy that work in this world's folder. */
export function caddies(dir: string): number[] {
  return readdirSync('/proc').filter((p) => /^\d+$/.test(p)).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${dir}/node/gateway/first.json`)
    } catch {
      return false
    }
  })
}
