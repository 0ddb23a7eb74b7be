// SPDX-License-Identifier: Apache-2.0
// A policy server: it writes down what it is asked and answers as it is told.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Question {
  body: Record<string, any>
  text: string
  method: string
  headers: IncomingMessage['headers']
}

export type Answer = (q: Question, res: ServerResponse) => void

export const allow: Answer = (_q, res) => { res.writeHead(200).end('fine') }
export const deny = (status = 403, text = 'not today'): Answer => (_q, res) => { res.writeHead(status).end(text) }
/** Moods in which a server says nothing that counts. */
export const broken: Record<string, [Answer, RegExp]> = {
  'is slow': [() => {}, /the policy server did not answer in time$/],
  'stops within its answer': [(_q, res) => { res.writeHead(200, { 'content-length': 100 }).write('fi') }, /the policy server did not answer in time$/],
  'hangs up': [(_q, res) => { res.destroy() }, /the policy server cannot be reached$/],
  'speaks something else': [(_q, res) => { res.socket?.end('SSH-2.0-OpenSSH_9.2\r\n') }, /the policy server cannot be reached$/],
  'says too much': [(_q, res) => { res.writeHead(200).end(Buffer.alloc((1 << 20) + 1, 'x')) }, /the policy server's answer is too large$/],
  'says too much in its headers': [(_q, res) => { res.writeHead(200, { 'x-a': Array.from({ length: 200 }, () => 'x'.repeat(1000)) }).end() },
    /the policy server's answer is too large$/]
}

export class PolicyServer {
  readonly questions: Question[] = []
  answer: Answer = allow
  private server: Server
  private port = 0

  constructor() {
    this.server = this.make()
  }

  private make(): Server {
    return createServer({ maxHeaderSize: 1 << 20 }, (req, res) => { void this.serve(req, res) })
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/policy`
  }

  async start(): Promise<this> {
    this.server.listen(this.port, '127.0.0.1')
    await once(this.server, 'listening')
    this.port = (this.server.address() as AddressInfo).port
    return this
  }

  stop(): void {
    this.server.close()
    this.server.closeAllConnections()
  }

  /** Down, and up again on the same port. */
  async without<T>(what: () => Promise<T>): Promise<T> {
    this.stop()
    try {
      return await what()
    } finally {
      this.server = this.make()
      await this.start()
    }
  }

  /** What is asked and answered while something is done. */
  async during<T>(answer: Answer, what: () => Promise<T>): Promise<[T, Question[]]> {
    const from = this.questions.length
    this.answer = answer
    try {
      return [await what(), this.questions.slice(from)]
    } finally {
      this.answer = allow
    }
  }

  private async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let text = ''
    for await (const piece of req.setEncoding('utf8')) text += piece
    res.on('error', () => {})
    if (req.url !== '/policy') { // where a redirect would lead
      this.questions.push({ body: {}, text: `redirected to ${req.url}`, method: req.method ?? '', headers: req.headers })
      res.end('fine')
      return
    }
    const q = { body: JSON.parse(text || '{}') as Record<string, any>, text, method: req.method ?? '', headers: req.headers }
    this.questions.push(q)
    this.answer(q, res)
  }
}
