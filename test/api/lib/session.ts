// SPDX-License-Identifier: Apache-2.0
// People as the page of the node knows them: a cookie jar that says where its requests come from, as a browser does.
import assert from 'node:assert/strict'
import { request as http, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { request as https } from 'node:https'
import { attemptOf, type Account, type Attempt, type ConnectServer, type Faults } from './connect.ts'
import { until } from './process.ts'

export interface Answer { status: number; text: string; headers: IncomingHttpHeaders; json: any }
export interface Person { id: string; kind: string; name: string; email: string; admin: boolean; terms: boolean }

export interface Visitor {
  /** the Host that the request names, when it is not the URL's: "marketplace.example.org" */
  host?: string
  /** authorities for https */
  ca?: Buffer | string
  /** where to connect instead of asking a name server */
  address?: string
}

export class Session {
  /** name -> value, as the browser has them */
  readonly cookies = new Map<string, string>()
  person?: Person

  /** `base` has no slash at its end. */
  constructor(readonly base: string, readonly visitor: Visitor = {}) {}

  /** The origin of the page that this person looks at. */
  get origin(): string {
    const u = new URL(this.base)
    return `${u.protocol}//${this.visitor.host ?? u.host}`
  }

  get cookie(): string {
    return [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ')
  }

  /** The request as a page of the node sends it; `headers` replace or (undefined) remove what it sends by itself. */
  ask(method: string, path: string, body?: unknown, headers: Record<string, string | undefined> = {}): Promise<Answer> {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
    const url = new URL(this.base + path)
    const all: Record<string, string | undefined> = {
      host: this.visitor.host ?? url.host,
      'user-agent': 'atoll-test',
      ...(this.cookies.size ? { cookie: this.cookie } : {}),
      ...(method === 'GET' ? {} : { origin: this.origin, 'sec-fetch-site': 'same-origin' }),
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
      ...headers
    }
    const sent = Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined)) as Record<string, string>
    const options: RequestOptions & { ca?: Buffer | string; servername?: string } = {
      method, headers: sent, agent: false, ca: this.visitor.ca,
      ...(this.visitor.address ? { hostname: this.visitor.address, servername: url.hostname } : {})
    }
    return new Promise((resolve, reject) => {
      const req = (url.protocol === 'https:' ? https : http)(url, options, (res) => {
        const parts: Buffer[] = []
        res.on('data', (c: Buffer) => parts.push(c)).on('error', reject).on('end', () => {
          const reply = Buffer.concat(parts).toString()
          this.keep(res.headers['set-cookie'] ?? [])
          resolve({ status: res.statusCode ?? 0, text: reply, headers: res.headers, json: parsed(reply) })
        })
      })
      req.on('error', reject).end(text)
    })
  }

  get = (path: string): Promise<Answer> => this.ask('GET', path)
  post = (path: string, body: unknown = {}): Promise<Answer> => this.ask('POST', path, body)
  put = (path: string, body: unknown): Promise<Answer> => this.ask('PUT', path, body)
  del = (path: string, body?: unknown): Promise<Answer> => this.ask('DELETE', path, body)

  /** Deletes a deployment, and asks again until it is gone: the answer tells what was removed. */
  async remove(path: string, confirm: string): Promise<Answer> {
    return until(`end of ${path}`, async () => {
      const r = await this.del(path, { confirm })
      return r.status === 202 ? null : r
    }, 120_000, 100)
  }

  /** The same, which must succeed: what was answered. */
  async read(path: string): Promise<any> { return good(await this.get(path)) }
  async tell(path: string, body: unknown = {}): Promise<any> { return good(await this.post(path, body)) }

  // ---- ways to log in

  /** Somebody with a wallet (Sign-In with Ethereum); the terms are not accepted yet. */
  async siwe(wallet: { address: string; signMessage: (text: string) => Promise<string> }, change: (text: string) => string = (t) => t): Promise<Answer> {
    const m = await this.read('/auth/siwe/nonce')
    const message = change(siweText(m, wallet.address))
    const a = await this.post('/auth/siwe', { message, signature: await wallet.signMessage(message) })
    if (a.status === 200) this.person = a.json
    return a
  }

  /** Somebody with a phone: what the login server was asked, and the phone's answer brought back. */
  async connect(server: ConnectServer, account: Account, faults?: Faults): Promise<Answer> {
    const { attempt } = await this.beginConnect()
    return this.bring(server.signed(attempt, account, faults))
  }

  async beginConnect(next = '/marketplace/'): Promise<{ attempt: Attempt; location: string }> {
    const a = await this.get(`/auth/login?provider=3bot&next_url=${encodeURIComponent(next)}`)
    assert.equal(a.status, 302, a.text)
    return { attempt: attemptOf(a.headers.location ?? ''), location: a.headers.location ?? '' }
  }

  bring(signedAttempt: string): Promise<Answer> {
    return this.get(`/auth/3bot_callback?signedAttempt=${encodeURIComponent(signedAttempt)}`)
  }

  private keep(lines: string[]): void {
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0(;|$)/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
  }

  async acceptTerms(): Promise<this> {
    const { hash } = await this.read('/auth/terms')
    this.person = await this.tell('/auth/terms', { hash })
    return this
  }

  /** Somebody who logged in by a name alone (DEV_LOGIN, on in a World) and has accepted the terms. */
  static async dev(base: string, name: string, visitor?: Visitor): Promise<Session> {
    const s = new Session(base, visitor)
    s.person = await s.tell('/auth/dev', { name })
    return s.acceptTerms()
  }

  static async wallet(base: string, wallet: { address: string; signMessage: (text: string) => Promise<string> }, visitor?: Visitor): Promise<Session> {
    const s = new Session(base, visitor)
    const a = await s.siwe(wallet)
    assert.equal(a.status, 200, a.text)
    return s.acceptTerms()
  }

  static async phone(base: string, server: ConnectServer, account: Account, visitor?: Visitor): Promise<Session> {
    const s = new Session(base, visitor)
    const a = await s.connect(server, account)
    assert.equal(a.status, 302, a.text)
    return s.acceptTerms()
  }
}

/** The message of EIP-4361 from what /auth/siwe/nonce says. */
export function siweText(m: Record<string, any>, address: string, more: string[] = []): string {
  return [
    `${m.domain} wants you to sign in with your Ethereum account:`, address, '', m.statement, '', `URI: ${m.uri}`, `Version: ${m.version}`,
    `Chain ID: ${m.chainId}`, `Nonce: ${m.nonce}`, `Issued At: ${m.issuedAt}`, `Expiration Time: ${m.expirationTime}`, ...more
  ].join('\n')
}

function parsed(text: string): any {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function good(a: Answer): any {
  assert.equal(a.status, 200, a.text)
  return a.json
}

/** The answer refuses with this error of api/errors.json, written as the page's routes write errors. */
export function refusedAs(a: Answer, status: number, text: string | RegExp): void {
  assert.equal(a.status, status, a.text)
  if (typeof text === 'string') assert.deepEqual(a.json, { error: text })
  else assert.match(a.json?.error ?? '', text)
}
