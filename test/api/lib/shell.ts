// SPDX-License-Identifier: Apache-2.0
// A shell in a container as an independent WebSocket client sees it.
import { once } from 'node:events'
import { WebSocket, type ClientOptions } from 'ws'
import { sleep, until } from './process.ts'
import type { Session } from './session.ts'

export interface Query { command?: string[]; tty?: boolean; container?: string; columns?: number; rows?: number }

export const shellPath = (id: string, q: Query = {}): string => {
  const p = new URLSearchParams()
  for (const word of q.command ?? []) p.append('command[]', word)
  for (const key of ['tty', 'container', 'columns', 'rows'] as const) if (q[key] !== undefined) p.set(key, String(q[key]))
  return `/marketplace/api/deployments/${id}/shell${p.size ? `?${p}` : ''}`
}

/** The handshake's headers as a page of this person's sends them; `more` replace or (undefined) remove them. */
export function headersOf(s: Session, more: Record<string, string | undefined> = {}): Record<string, string> {
  const all = { cookie: s.cookie, origin: s.origin, ...(s.visitor.host ? { host: s.visitor.host } : {}), ...more }
  return Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined)) as Record<string, string>
}

export class Shell {
  private pieces: Buffer[] = []
  errors = ''
  said: Record<string, unknown> | null = null
  code = 0
  reason = ''
  private constructor(readonly ws: WebSocket) {
    ws.on('message', (data: Buffer, binary: boolean) => {
      if (!binary) this.said = JSON.parse(String(data))
      else if (data[0] === 1) this.pieces.push(data.subarray(1))
      else this.errors += data.subarray(1).toString()
    }).on('close', (code, reason) => { this.code = code; this.reason = String(reason) }).on('error', () => {})
  }

  /** Those that were open before may still be on their way out: one too many is tried again. */
  static async open(s: Session, id: string, q: Query = {}, headers: Record<string, string | undefined> = {}): Promise<Shell> {
    const end = Date.now() + 60_000
    for (;;) {
      const r = await Shell.once(s, id, q, headers).catch((e: Error) => e)
      if (r instanceof Shell) return r
      if (!r.message.startsWith('429 ') || Date.now() > end) throw r
      await sleep(200)
    }
  }

  static async once(s: Session, id: string, q: Query = {}, headers: Record<string, string | undefined> = {}, options: ClientOptions = {}): Promise<Shell> {
    const ws = new WebSocket(s.base.replace(/^http/, 'ws') + shellPath(id, q), { headers: headersOf(s, headers), ca: s.visitor.ca, ...(s.visitor.address ? { family: 4 } : {}), ...options })
    const shell = new Shell(ws)
    await new Promise<void>((resolve, reject) => {
      ws.once('open', resolve).once('error', reject).once('unexpected-response', (_, res) => {
        let text = ''
        res.on('data', (c: Buffer) => { text += String(c) }).on('end', () => { reject(new Error(`${res.statusCode} ${text}`)) })
      })
    })
    return shell
  }

  type(text: string | Buffer): void { this.ws.send(Buffer.concat([Buffer.from([0]), Buffer.from(text)])) }
  say(word: Record<string, unknown>): void { this.ws.send(JSON.stringify(word)) }
  shows(what: string | RegExp): Promise<true> {
    return until(`${String(what)} in ${JSON.stringify(this.out.subarray(-400).toString())}`, () => (typeof what === 'string' ? this.text.includes(what) : what.test(this.text)) as true, 60_000)
  }
  get length(): number { return this.pieces.reduce((sum, p) => sum + p.length, 0) }
  get out(): Buffer {
    const all = Buffer.concat(this.pieces)
    this.pieces = [all]
    return all
  }
  get text(): string { return this.out.toString() }
  get closed(): boolean { return this.ws.readyState === WebSocket.CLOSED }
  async ends(): Promise<this> {
    if (!this.closed) await Promise.race([once(this.ws, 'close'), until('the end of a shell', () => this.closed, 60_000)])
    return this
  }
  async leave(): Promise<void> { this.ws.close(); await this.ends() }
}
