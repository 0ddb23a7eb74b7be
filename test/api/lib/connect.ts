// SPDX-License-Identifier: Apache-2.0
// 3Bot Connect, as far as a marketplace sees it: the login server with its directory of keys, phones with keys of their
// own, and who attests e-mail addresses. libsodium, since the app is built on it: what it makes is what phones make.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import sodium from 'libsodium-wrappers'

const b64 = (b: Uint8Array): string => Buffer.from(b).toString('base64')

export interface Account {
  name: string
  email: string
  publicKey: Uint8Array
  secretKey: Uint8Array
  /** what the attesting service gave the app; none until the address is verified */
  sei?: string
}

/** What a phone signs, and what of it a test changes. */
export interface Faults {
  /** the name in the outer layer, the one in the signed layer */
  outerName?: string
  innerName?: string
  appId?: string
  state?: string
  /** sealed for this X25519 key instead of the marketplace's */
  boxFor?: Uint8Array
  /** signed, sealed by these keys */
  signBy?: Account
  sealBy?: Account
  /** the scope in the box, as it is */
  scope?: unknown
  /** members of the signed layer besides */
  more?: Record<string, unknown>
  /** a byte of the signed message is changed */
  damage?: boolean
}

/** The parameters with which a marketplace sent a browser. */
export interface Attempt { state: string; appId: string; scope: Record<string, boolean>; redirect: string; publicKey: Uint8Array }

export function attemptOf(url: string): Attempt {
  const q = new URL(url).searchParams
  const get = (name: string): string => q.get(name) ?? ''
  return {
    state: get('state'), appId: get('appid'), scope: JSON.parse(get('scope') || '{}') as Record<string, boolean>,
    redirect: `/${get('redirecturl').replace(/^\/+/, '')}`, publicKey: Buffer.from(get('publickey'), 'base64')
  }
}

export class ConnectServer {
  readonly accounts = new Map<string, Account>()
  /** requests as they came, "GET /api/users/alice.3bot" */
  readonly asked: string[] = []
  /** what it answers instead: "GET /api/users/alice.3bot" -> status, body */
  readonly instead = new Map<string, [status: number, body: string]>()
  /** of the service that attests addresses */
  private readonly attester = sodium.crypto_sign_keypair()
  private readonly server: Server = createServer((req, res) => { void this.answer(req, res) })

  private constructor(private readonly scheme: string) {}

  /** `scheme`: of the marketplaces, since the login server leads to //HOST/path. */
  static async start(scheme = 'http'): Promise<ConnectServer> {
    await sodium.ready
    const s = new ConnectServer(scheme)
    s.server.listen(0, '127.0.0.1')
    await once(s.server, 'listening')
    return s
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** For the node: it is both the login server and the service that attests addresses. */
  get env(): Record<string, string> {
    return { CONNECT_URL: this.url, CONNECT_VERIFICATION_URL: this.url }
  }

  stop(): void {
    this.server.close()
    this.server.closeAllConnections()
  }

  /** Somebody with a phone; their address has been verified unless the test says otherwise. */
  register(name: string, email = `${name}@example.org`, verified = true): Account {
    const keys = sodium.crypto_sign_seed_keypair(randomBytes(32)) // the seed is the entropy of the 24 words
    const account: Account = { name: `${name}.3bot`, email, publicKey: keys.publicKey, secretKey: keys.privateKey }
    if (verified) account.sei = this.attest(email, account.name)
    this.accounts.set(account.name, account)
    return account
  }

  /** The "signed e-mail identifier" that the attesting service gives to an app. */
  attest(email: string, identifier: string): string {
    return b64(sodium.crypto_sign(JSON.stringify({ email, identifier }), this.attester.privateKey))
  }

  /** What the phone of an account answers to an attempt: the value of `signedAttempt`. */
  signed(attempt: Attempt, account: Account, faults: Faults = {}): string {
    const nonce = randomBytes(sodium.crypto_box_NONCEBYTES)
    const scope = faults.scope ?? (attempt.scope.email ? { email: { email: account.email, sei: account.sei ?? null } } : {})
    const secret = sodium.crypto_sign_ed25519_sk_to_curve25519((faults.sealBy ?? account).secretKey)
    const box = sodium.crypto_box_easy(JSON.stringify(scope), nonce, faults.boxFor ?? attempt.publicKey, secret)
    const message = JSON.stringify({
      signedState: faults.state ?? attempt.state, data: { nonce: b64(nonce), ciphertext: b64(box) }, selectedImageId: 17,
      doubleName: faults.innerName ?? account.name, randomRoom: randomBytes(8).toString('hex'), appId: faults.appId ?? attempt.appId, ...faults.more
    })
    const whole = sodium.crypto_sign(message, (faults.signBy ?? account).secretKey)
    if (faults.damage) whole[70] = (whole[70] ?? 0) ^ 1
    return JSON.stringify({ doubleName: faults.outerName ?? account.name, signedAttempt: b64(whole) })
  }

  /** Where the login server leads the browser once the phone has answered. */
  callback(attempt: Attempt, signedAttempt: string): string {
    return `${this.scheme}://${attempt.appId}${attempt.redirect}?signedAttempt=${encodeURIComponent(signedAttempt)}`
  }

  // ---- the server

  private async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of req) parts.push(part as Buffer)
    const body = Buffer.concat(parts).toString()
    const url = new URL(req.url ?? '/', this.url)
    const key = `${req.method ?? ''} ${url.pathname}`
    this.asked.push(key)
    const instead = this.instead.get(key)
    const [status, text] = instead ?? this.reply(key, url, body)
    if (status === 302) res.writeHead(302, { location: text }).end()
    else res.writeHead(status, { 'content-type': text.startsWith('<') ? 'text/html' : 'application/json' }).end(text)
  }

  private reply(key: string, url: URL, body: string): [status: number, body: string] {
    if (key.startsWith('GET /api/users/')) {
      const account = this.accounts.get(decodeURIComponent(url.pathname.slice('/api/users/'.length)))
      return account ? [200, JSON.stringify({ doublename: account.name, publicKey: b64(account.publicKey) })] : [404, '{}']
    }
    if (key === 'POST /verification/verify-sei') return this.verify(body)
    return key === 'GET /' ? this.page(url) : [404, '{}']
  }

  private verify(body: string): [status: number, body: string] {
    try {
      const { signedEmailIdentifier } = JSON.parse(body) as { signedEmailIdentifier: string }
      return [200, sodium.to_string(sodium.crypto_sign_open(Buffer.from(signedEmailIdentifier, 'base64'), this.attester.publicKey))]
    } catch {
      return [500, '{}']
    }
  }

  /** The page that asks for the name; the phone of this test agrees at once. */
  private page(url: URL): [status: number, body: string] {
    const attempt = attemptOf(url.href)
    const account = this.accounts.get(`${url.searchParams.get('name') ?? ''}.3bot`)
    if (account) return [302, this.callback(attempt, this.signed(attempt, account))]
    const hidden = [...url.searchParams].filter(([k]) => k !== 'name')
      .map(([k, v]) => `<input type="hidden" name="${k}" value="${v.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">`).join('')
    return [200, `<!doctype html><title>3Bot Connect</title><form action="/">${hidden}<label>Name <input name="name"></label><button>Sign in</button></form>`]
  }
}
