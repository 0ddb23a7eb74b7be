// SPDX-License-Identifier: Apache-2.0
// A name server of the tests' own, over UDP and TCP: it knows what it is told, and misbehaves as told.
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'

type Type = 'A' | 'AAAA' | 'TXT' | 'CNAME' | 'CAA'
const TYPES: Record<Type, number> = { A: 1, CNAME: 5, TXT: 16, AAAA: 28, CAA: 257 }
/** fails: SERVFAIL; refuses: REFUSED; silent: nothing; long: UDP answers are cut, TCP ones whole; broken: no DNS */
export type Mood = 'good' | 'fails' | 'refuses' | 'silent' | 'long' | 'broken'

const label = (s: string): Buffer => Buffer.concat([Buffer.from([s.length]), Buffer.from(s)])
const nameOf = (s: string): Buffer => Buffer.concat([...s.split('.').map(label), Buffer.from([0])])

function data(type: Type, value: string): Buffer {
  switch (type) {
    case 'A': return Buffer.from(value.split('.').map(Number))
    case 'AAAA': { // written out, without "::"
      return Buffer.from(value.split(':').map((x) => x.padStart(4, '0')).join(''), 'hex')
    }
    case 'CNAME': return nameOf(value)
    case 'TXT': { // in pieces, as long texts are
      const parts = value.match(/.{1,20}/gs) ?? ['']
      return Buffer.concat(parts.map(label))
    }
    case 'CAA': return Buffer.concat([Buffer.from([0]), label('issue'), Buffer.from(value)])
  }
}

export class NameServer {
  readonly moods = new Map<string, Mood>()
  private readonly udp: Socket = createSocket('udp4')
  private readonly tcp: Server = createServer()

  /** "name" -> type -> values; two servers may know the same and be of different moods */
  private constructor(readonly records: Map<string, Partial<Record<Type, string[]>>>) {}

  static async start(like?: NameServer): Promise<NameServer> {
    for (let left = 20; ; left--) { // the port that is free for UDP may be taken for TCP
      const n = new NameServer(like?.records ?? new Map())
      try {
        await n.listen()
        return n
      } catch (e) {
        n.stop()
        if (left === 0) throw e
      }
    }
  }

  private async listen(): Promise<void> {
    this.udp.on('message', (m, from) => {
      const answer = this.answer(m, false)
      if (answer) this.udp.send(answer, from.port, from.address)
    }).bind(0, '127.0.0.1')
    await once(this.udp, 'listening')
    this.tcp.on('connection', (s) => {
      s.on('error', () => s.destroy()).on('data', (m) => {
        const answer = this.answer(m.subarray(2), true)
        if (!answer) return
        const size = Buffer.alloc(2)
        size.writeUInt16BE(answer.length)
        s.write(Buffer.concat([size, answer]))
      })
    }).listen(this.udp.address().port, '127.0.0.1')
    await once(this.tcp, 'listening')
  }

  get address(): string { return `127.0.0.1:${(this.tcp.address() as AddressInfo).port}` }

  set(name: string, records: Partial<Record<Type, string[]>>): void { this.records.set(name, records) }

  stop(): void {
    this.udp.close()
    this.tcp.close()
  }

  /** Records of that type and name, through its aliases, the aliases first. */
  private find(name: string, type: number): Array<[string, Type, string]> | undefined {
    const here = this.records.get(name) ?? this.records.get(name.replace(/^[^.]+/, '*'))
    if (!here) return undefined
    const found: Array<[string, Type, string]> = []
    for (const [t, values] of Object.entries(here) as Array<[Type, string[]]>) {
      if (TYPES[t] === type) for (const v of values) found.push([name, t, v])
      else if (t === 'CNAME') found.push([name, t, values[0]!], ...(this.find(values[0]!, type) ?? []))
    }
    return found
  }

  private answer(q: Buffer, whole: boolean): Buffer | undefined {
    let at = 12
    const labels: string[] = []
    while (q[at]) {
      labels.push(q.subarray(at + 1, at + 1 + q[at]!).toString().toLowerCase())
      at += 1 + q[at]!
    }
    const question = q.subarray(12, at + 5)
    const name = labels.join('.')
    const mood = this.moods.get(name) ?? 'good'
    if (mood === 'silent') return undefined
    const found = this.find(name, q.readUInt16BE(at + 1))
    const cut = mood === 'long' && !whole
    const status = mood === 'fails' ? 2 : mood === 'refuses' ? 5 : found ? 0 : 3
    const answers = status || cut ? [] : found ?? []
    const head = Buffer.alloc(12)
    q.copy(head, 0, 0, 2)
    head.writeUInt16BE(0x8580 | (cut ? 0x0200 : 0) | status, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(answers.length + (mood === 'broken' ? 3 : 0), 6)
    return Buffer.concat([head, question, ...answers.flatMap(([owner, type, value]) => {
      const d = data(type, value)
      const fixed = Buffer.alloc(10)
      fixed.writeUInt16BE(TYPES[type], 0)
      fixed.writeUInt16BE(1, 2)
      fixed.writeUInt32BE(1, 4)
      fixed.writeUInt16BE(d.length, 8)
      return [nameOf(owner), fixed, d]
    })])
  }
}
