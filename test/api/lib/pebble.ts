// SPDX-License-Identifier: Apache-2.0
// Pebble, a real ACME authority: its own root, its own policy, validating over the tests' name server.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Program, freePort, until } from './process.ts'

/** The certificate of all servers of an authority here; its own root. */
export class Tls {
  readonly cert: string
  readonly key: string
  constructor(dir: string) {
    mkdirSync(dir, { recursive: true })
    this.cert = join(dir, 'tls.pem')
    this.key = join(dir, 'tls.key')
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
      '-keyout', this.key, '-out', this.cert, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    { stdio: 'ignore' })
  }
}

export interface PebbleOptions {
  tls: Tls
  dir: string
  resolver: string
  httpPort: number
  tlsPort: number
  /** seconds that a certificate is good for */
  validity?: number
  /** names it refuses to sign */
  blocked?: string[]
}

export class Pebble {
  private constructor(readonly port: number, private readonly management: number, private readonly program: Program, private readonly tls: Tls) {}

  static async start(o: PebbleOptions): Promise<Pebble> {
    const [port, management] = [await freePort(), await freePort()]
    const file = join(o.dir, `pebble-${port}.json`)
    writeFileSync(file, JSON.stringify({ pebble: {
      listenAddress: `127.0.0.1:${port}`, managementListenAddress: `127.0.0.1:${management}`,
      certificate: o.tls.cert, privateKey: o.tls.key, httpPort: o.httpPort, tlsPort: o.tlsPort,
      ocspResponderURL: '', externalAccountBindingRequired: false,
      ...(o.validity ? { certificateValidityPeriod: o.validity } : {}), domainBlocklist: o.blocked ?? []
    } }))
    // it sleeps up to 15 s before it validates, and refuses every twentieth nonce; the second is kept
    const program = new Program('pebble', ['-config', file, '-dnsserver', o.resolver], { PATH: process.env.PATH, PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0' })
    const p = new Pebble(port, management, program, o.tls)
    await until('Pebble', () => p.root().then(() => true, () => program.running ? false : Promise.reject(new Error(program.output))))
    return p
  }

  get directory(): string { return `https://localhost:${this.port}/dir` }
  get log(): string { return this.program.output }

  /** The authority that browsers would have to trust. */
  root(): Promise<string> { return this.text('/roots/0') }
  intermediate(): Promise<string> { return this.text('/intermediates/0') }

  private text(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: this.management, path, ca: readFileSync(this.tls.cert), agent: false }, (r) => {
        let text = ''
        r.setEncoding('utf8').on('data', (s: string) => { text += s }).on('end', () => resolve(text)).on('error', reject)
      }).on('error', reject).end()
    })
  }

  async stop(): Promise<void> { await this.program.stop() }
}

/** In front of an authority: passes on, or says that it has been asked too often. */
export class AcmeProxy {
  /** refuses new orders; seconds for Retry-After */
  limit?: number
  /** the names that it was asked for then */
  readonly refused: string[] = []
  private constructor(private readonly server: Server) {}

  static async start(tls: Tls, to: Pebble): Promise<AcmeProxy> {
    const p: AcmeProxy = new AcmeProxy(createServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, (req, res) => {
      if (p.limit !== undefined && req.url === '/order-plz') {
        let order = ''
        req.setEncoding('utf8').on('data', (t: string) => { order += t }).on('end', () => {
          const asked = JSON.parse(Buffer.from(JSON.parse(order).payload, 'base64url').toString()) as { identifiers: Array<{ value: string }> }
          p.refused.push(...asked.identifiers.map((i) => i.value))
        })
        res.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': String(p.limit) })
        res.end(JSON.stringify({ type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many certificates already issued', status: 429 }))
        return
      }
      // the Host stays, so that the URLs which the authority names lead here again
      const on = request({ host: '127.0.0.1', port: to.port, path: req.url, method: req.method, headers: req.headers, ca: readFileSync(tls.cert), agent: false }, (r) => {
        res.writeHead(r.statusCode ?? 502, r.headers)
        r.pipe(res)
      })
      on.on('error', () => res.destroy())
      req.pipe(on)
    }))
    p.server.listen(0, '127.0.0.1')
    await once(p.server, 'listening')
    return p
  }

  get directory(): string { return `https://localhost:${(this.server.address() as AddressInfo).port}/dir` }
  stop(): void { this.server.close(); this.server.closeAllConnections() }
}
