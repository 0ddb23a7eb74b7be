// SPDX-License-Identifier: Apache-2.0
// A shell in a container, over a WebSocket, with another's client (npm ws) on a real engine.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { post } from './lib/http.ts'
import { sleep, until } from './lib/process.ts'
import { Session, refusedAs } from './lib/session.ts'
import { Customer, Services, command } from './lib/services.ts'
import { sign, type Signer } from './lib/sign.ts'
import { Shell, headersOf, shellPath } from './lib/shell.ts'

let s: Services
let alice: Customer
let bob: Customer
let id: string
before(async () => {
  s = await Services.begin((w) => ({ ALLOWED_ADMINS: JSON.stringify([w.chain.account(4).address]) }))
  await s.addHello({ version: '2', raw: true, script: 'echo v2 >/tmp/index.html; /bin/busybox rm /bin/sh /bin/ash; exec /bin/busybox httpd -f -p 8080 -h /tmp' })
  alice = await s.customer('alice')
  bob = await s.customer('bob')
  id = await alice.running('first')
  refusedAs(await alice.session.get(shellPath(id)), 403, 'The operator of this node offers no shell') // by default
  await offer(true)
})
after(async () => { await s?.stop() })

const box = (d: string, name = 'web'): string => `/atoll-s-${d.slice(0, 8)}-${name}`
/** Whether a program of that name and argument runs in the container. */
const runs = async (what: string, d = id): Promise<boolean> => (await command(box(d), ['/bin/busybox', 'ps', '-o', 'args'])).includes(what)
const gone = (what: string, d = id): Promise<true> => until(`the end of ${what}`, async () => !(await runs(what, d)) as true, 60_000)

describe('a shell', () => {
  test('runs what is typed, as the container\'s user, in a terminal of the size that was told', async () => {
    const sh = await Shell.open(alice.session, id, { container: 'web', columns: 100, rows: 30 })
    sh.type('echo $((6*7))-$(id -u)-$(tty)-$TERM-$(stty size)\n')
    await sh.shows(/42-0-\/dev\/pts\/\d+-xterm-256color-30 100/)
    sh.say({ columns: 132, rows: 50 })
    await until('the new size', async () => { sh.type('stty size\n'); await sleep(200); return sh.text.includes('50 132') }, 60_000)
    sh.type('exit 7\n')
    await sh.ends()
    assert.deepEqual([sh.said, sh.code], [{ exit: 7 }, 1000])
    assert.ok((await alice.deployment(id)).timeline.some((t: any) => t.step === 'shell' && /a shell was opened in 'web'/.test(t.reason)))
    assert.match(s.w.log, /alice \(u[0-9a-f]{32}\) opened a shell in deployment [0-9a-f]{32}/)
    await until('the line of its end', () => /alice \(u[0-9a-f]{32}\) left the shell in deployment [0-9a-f]{32} after \d+ s/.test(s.w.log))
    assert.ok(!s.w.log.includes('6*7'), 'what is said there is nobody\'s business')
  })

  test('the first container is the default; what is none is refused', async () => {
    const sh = await Shell.open(alice.session, id, { command: ['hostname'], tty: false })
    await sh.ends()
    assert.equal(sh.text.trim(), 'base')
    await assert.rejects(Shell.open(alice.session, id, { container: 'none' }), /404 .*There is no container 'none'/)
  })

  test('a command without a terminal: bytes as they are, errors apart, its input\'s end, its status', async () => {
    const sh = await Shell.open(alice.session, id, { tty: false, container: 'web', command: ['sh', '-c', 'cat; echo bad >&2; exit 3'] })
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => i & 255))
    sh.type(bytes)
    sh.say({ eof: true })
    await sh.ends()
    assert.ok(sh.out.equals(bytes), 'nothing is changed on the way')
    assert.deepEqual([sh.errors, sh.said], ['bad\n', { exit: 3 }])
  })

  test('words of a command are words, not lines of a shell', async () => {
    const sh = await (await Shell.open(alice.session, id, { tty: false, command: ['echo', '$(id)', ';', '`x`', '"', 'ü'] })).ends()
    assert.equal(sh.text, '$(id) ; `x` " ü\n')
    const many = await Shell.open(alice.session, id, { command: Array(65).fill('x') }).catch((e: Error) => e)
    assert.match(String(many), /400 .*at most 64 texts/)
  })

  test('an image without a shell says so', async () => {
    const d = await alice.running('shellless', { version: '2' })
    const sh = await (await Shell.open(alice.session, d, { container: 'web' })).ends()
    assert.deepEqual([sh.said, sh.text], [{ error: "The image of 'web' has no shell" }, ''])
    assert.equal((await alice.delete(d, 'shellless')).status, 200)
  })

  test('24 MiB for a reader who is slow: the container waits, the node does not grow', async () => {
    const size = 24 << 20
    const sh = await Shell.open(alice.session, id, { tty: false, container: 'web', command: ['sh', '-c', `head -c ${size} /dev/zero; read x`] })
    sh.ws.pause()
    const before = rss()
    await sleep(1500)
    assert.ok(rss() - before < 10 << 20, `grew by ${(rss() - before) >> 20} MiB`)
    assert.ok(await runs('head -c'), 'the program waits for its reader')
    sh.ws.resume()
    await until('all of it', () => sh.length >= size, 60_000)
    sh.type('\n') // Docker gives what a program has written at its end but a moment: it ends when all has come
    await sh.ends()
    assert.deepEqual([sh.length, sh.said], [size, { exit: 0 }])
    assert.ok(rss() - before < 10 << 20, `grew by ${(rss() - before) >> 20} MiB`)
  })

  test('a container that reads nothing makes its writer wait, and the node does not grow', async () => {
    const sh = await Shell.open(alice.session, id, { tty: false, container: 'web', command: ['sleep', '1001'] })
    const before = rss()
    const piece = Buffer.alloc(32 << 10)
    for (let i = 0; i < 640; i++) sh.type(piece) // 20 MiB
    await sleep(1500)
    assert.ok(sh.ws.bufferedAmount > 8 << 20, `${sh.ws.bufferedAmount} bytes wait here`)
    assert.ok(rss() - before < 10 << 20, `grew by ${(rss() - before) >> 20} MiB`)
    sh.ws.terminate()
    await gone('sleep 1001')
  })
})

/** Bytes of memory that the node has. */
const rss = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${s.w.node.pid}/status`, 'utf8'))?.[1]) << 10

/** The operator offers shells, or does not any more. */
async function offer(serviceShell: boolean): Promise<void> {
  const who = s.w.chain.account(4) as unknown as Signer
  const nonce = Date.now()
  const signature = sign(who, nonce, 'pushConfig')
  const r = await post(`${s.w.url}/directCommand`, { command: 'pushConfig', address: who.address, nonce: String(nonce), signature, config: { serviceShell } })
  assert.equal(r.status, 200, r.text)
}

describe('who may', () => {
  test('its owner alone: not another, not the operator, nobody without a session', async () => {
    await assert.rejects(Shell.open(bob.session, id), /404 .*There is no deployment/)
    await assert.rejects(Shell.open(s.operator, id), /404 .*There is no deployment/)
    await assert.rejects(Shell.open(alice.session, id, {}, { cookie: undefined }), /401 /)
    await assert.rejects(Shell.open(alice.session, id, {}, { cookie: 'atoll_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }), /401 /)
  })

  test('only from a page of this node', async () => {
    for (const origin of ['https://evil.example', `${alice.session.origin}.evil.example`, 'null', undefined])
      await assert.rejects(Shell.open(alice.session, id, {}, { origin }), /403 /, String(origin))
    await assert.rejects(Shell.open(alice.session, id, {}, { 'sec-fetch-site': 'cross-site' }), /403 /)
  })

  test('a request for no upgrade is told what it is, and anything that is wrong first', async () => {
    const a = await alice.session.get(shellPath(id))
    refusedAs(a, 426, /WebSocket of version 13/)
    assert.deepEqual([a.headers.upgrade, a.headers['sec-websocket-version']], ['websocket', '13'])
    refusedAs(await bob.session.get(shellPath(id)), 404, /no deployment/)
    const key = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headersOf(alice.session) }
    for (const [change, status] of [
      [{ 'sec-websocket-version': '8' }, 426], [{ upgrade: 'h2c' }, 426], [{ connection: 'close' }, 426],
      [{ 'sec-websocket-key': 'short' }, 400], [{ 'sec-websocket-key': undefined }, 400]
    ] as Array<[Record<string, string | undefined>, number]>)
      assert.equal((await alice.session.ask('GET', shellPath(id), undefined, { ...key, ...change })).status, status, JSON.stringify(change))
    assert.equal((await alice.session.ask('GET', shellPath(id), { a: 1 }, key)).status, 400, 'a body')
  })

  test('a program by its auth token', async () => {
    // (the command line: test/api/shell_cli.test.ts)
    await assert.rejects(Shell.open(alice.session, id, {}, { cookie: undefined, origin: undefined, authorization: 'eyJhbGciOiJIUzI1NiJ9.e30.x' }), /401 /)
  })

  test('four at a time', async () => {
    const four: Shell[] = []
    for (let i = 0; i < 4; i++) four.push(await Shell.open(alice.session, id))
    await assert.rejects(Shell.once(alice.session, id), /429 .*Too many shells/)
    await Promise.all(four.map((sh) => sh.leave()))
    await (await Shell.open(alice.session, id)).leave()
  })

  test('the option is switched off and on without a restart; what is open ends', async () => {
    const sh = await Shell.open(alice.session, id)
    await offer(false)
    await sh.ends()
    assert.deepEqual(sh.said, { error: 'The operator of this node offers no shell' })
    refusedAs(await alice.session.get(shellPath(id)), 403, 'The operator of this node offers no shell')
    await offer(true)
    const again = await Shell.open(alice.session, id)
    await again.leave()
  })
})

describe('its end', () => {
  test('the socket ends: so does all that was started, what is in the background and deaf to a hang-up, too', async () => {
    const sh = await Shell.open(alice.session, id, { container: 'web' })
    sh.type('(sleep 2001 &) ; (trap "" HUP; exec setsid sleep 2002) & trap "" HUP; echo rea""dy; sleep 2003\n')
    await sh.shows('ready')
    for (const n of [2001, 2002, 2003]) await until(`sleep ${n}`, () => runs(`sleep ${n}`), 60_000)
    sh.ws.terminate() // no goodbye at all
    for (const n of [2001, 2002, 2003]) await gone(`sleep ${n}`)
    assert.match(await alice.page(id), /^v1/, 'the service itself goes on')
  })

  test('a logout ends it, and the event stream and the log that were followed', async () => {
    const carol = new Customer(await Session.dev(s.w.url, 'alice'), alice.poolId) // the same person, another browser
    const sh = await Shell.open(carol.session, id, { container: 'web' })
    const events = follow(carol.session, `/marketplace/api/deployments/${id}/events`)
    const log = follow(carol.session, `/marketplace/api/deployments/${id}/logs?follow=true&container=web`)
    const other = follow(alice.session, `/marketplace/api/deployments/${id}/events`)
    await until('the streams', () => events.text.includes('data:') && log.text.includes('started') && other.text.includes('data:'))
    sh.type('sleep 3001\n')
    await until('it', () => runs('sleep 3001'))
    assert.equal((await carol.session.post('/auth/logout')).status, 200)
    await sh.ends()
    assert.deepEqual(sh.said, { error: 'Your session has ended' })
    await until('the end of the streams', () => events.over && log.over)
    await gone('sleep 3001')
    assert.ok(!other.over, 'the other session goes on')
    other.stop()
  })

  test('a session that is revoked from another browser ends it', async () => {
    const carol = await Session.dev(s.w.url, 'alice')
    const sh = await Shell.open(carol, id)
    const events = follow(carol, `/marketplace/api/deployments/${id}/events`)
    await until('the stream', () => events.text.includes('data:'))
    assert.equal((await alice.session.del('/auth/sessions')).status, 200)
    await sh.ends()
    assert.deepEqual(sh.said, { error: 'Your session has ended' })
    await until('the end of the stream', () => events.over)
  })

  test('the deployment stops: so does it, and there is none until it runs again', async () => {
    const sh = await Shell.open(alice.session, id)
    await alice.asks(id, 'stop')
    await sh.ends()
    assert.equal(sh.code, 1000)
    await alice.reaches(id, 'stopped')
    await assert.rejects(Shell.open(alice.session, id), /409 .*a deployment that is stopped/)
    await alice.asks(id, 'start')
    await alice.reaches(id, 'running')
    const again = await Shell.open(alice.session, id)
    again.type('echo b""ack\n')
    await again.shows('back')
    await again.leave()
  })

  test('the node stops within its five seconds and leaves nothing behind', async (t) => {
    const sh = await Shell.open(alice.session, id, { container: 'web' })
    sh.type('trap "" HUP TERM; echo rea""dy; sleep 4001\n')
    await sh.shows('ready')
    const begun = Date.now()
    s.w.node.kill('SIGTERM')
    await until('the end of the node', () => !s.w.node.running, 20_000)
    const took = Date.now() - begun
    assert.equal(sh.code || (await sh.ends()).code, 1001)
    t.diagnostic(`${took} ms`)
    assert.ok(took < 15_000, `${took} ms`) // a busy machine; 5 s on an idle one
    await gone('sleep 4001')
    await s.w.startNode()
    alice = new Customer(await Session.dev(s.w.url, 'alice'), alice.poolId)
    bob = new Customer(await Session.dev(s.w.url, 'bob'), bob.poolId)
    s.operator = await Session.dev(s.w.url, 'root')
  })
})

describe('frames', () => {
  test('RFC 6455: what must not be sent ends it with the code that says so', async () => {
    for (const [name, frame, code] of [
      ['not masked', Buffer.from([0x82, 0x01, 0x00]), 1002],
      ['a reserved bit', masked(0xc2, Buffer.from([0])), 1002],
      ['a reserved opcode', masked(0x83, Buffer.from([0])), 1002],
      ['a fragmented ping', masked(0x09, Buffer.from('x')), 1002],
      ['a ping that is too long', masked(0x89, Buffer.alloc(126)), 1002],
      ['a continuation of nothing', masked(0x80, Buffer.from('x')), 1002],
      ['a text that is no UTF-8', masked(0x81, Buffer.from([0xff, 0xfe])), 1007],
      ['a message that is too long', masked(0x82, Buffer.alloc(65537)), 1009],
      ['a text that means nothing', masked(0x81, Buffer.from('{"columns":0,"rows":1}')), 1008],
      ['a channel that is none', masked(0x82, Buffer.from([9, 65])), 1008],
      ['too many fragments', Buffer.concat([masked(0x02, Buffer.from([0])), ...Array.from({ length: 100 }, () => masked(0x00, Buffer.alloc(0)))]), 1008]
    ] as Array<[string, Buffer, number]>) {
      const raw = await Raw.open(alice.session, id)
      raw.send(frame)
      assert.equal(await raw.closeCode(), code, name)
    }
  })

  test('a ping is answered, bytes behind the handshake are the first frames, and nothing there is HTTP', async () => {
    const ping = masked(0x89, Buffer.from('hello'))
    const raw = await Raw.open(alice.session, id, Buffer.concat([ping, masked(0x82, Buffer.from('\0echo pip""elined\n'))]))
    await until('pong', () => raw.in.includes(Buffer.from([0x8a, 0x05, ...Buffer.from('hello')])))
    await until('the output', () => raw.in.includes('pipelined'))
    raw.send(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))
    assert.equal(await raw.closeCode(), 1002)
    assert.ok(!raw.in.includes('HTTP/1.1 200'))
  })
})

/** One frame of a client: first byte, payload. */
function masked(first: number, payload: Buffer): Buffer {
  const mask = Buffer.from([1, 2, 3, 4])
  const n = payload.length
  const head = n < 126 ? Buffer.from([first, 0x80 | n]) : n < 65536 ? Buffer.from([first, 0x80 | 126, n >> 8, n & 255])
    : Buffer.from([first, 0x80 | 127, 0, 0, 0, 0, 0, n >> 16, (n >> 8) & 255, n & 255])
  return Buffer.concat([head, mask, Buffer.from(payload.map((b, i) => b ^ (mask[i % 4] ?? 0)))])
}

/** A client that may send anything. */
class Raw {
  in = Buffer.alloc(0)
  over = false
  private constructor(readonly socket: ReturnType<typeof connect>) {
    socket.on('data', (b: Buffer) => { this.in = Buffer.concat([this.in, b]) }).on('close', () => { this.over = true }).on('error', () => {})
  }

  static async open(p: Session, deployment: string, behind = Buffer.alloc(0)): Promise<Raw> {
    const u = new URL(p.base)
    const h = { host: u.host, upgrade: 'websocket', connection: 'keep-alive, Upgrade', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headersOf(p) }
    for (;;) {
      const raw = new Raw(connect(Number(u.port), u.hostname))
      const head = `GET ${shellPath(deployment)} HTTP/1.1\r\n${Object.entries(h).map(([k, v]) => `${k}: ${v}`).join('\r\n')}\r\n\r\n`
      raw.socket.write(Buffer.concat([Buffer.from(head), behind]))
      await until('an answer', () => raw.in.includes('\r\n\r\n') || raw.over, 60_000)
      if (raw.in.includes(' 429 ')) { // those before it are still being ended
        raw.socket.destroy()
        await sleep(200)
        continue
      }
      assert.match(raw.in.toString('latin1'), /^HTTP\/1\.1 101 Switching Protocols\r\n/)
      assert.ok(raw.in.includes('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')) // RFC 6455, 1.3
      return raw
    }
  }

  send(b: Buffer): void { this.socket.write(b) }

  /** The code of the last frame, a close. */
  async closeCode(): Promise<number> {
    await until('the end of the connection', () => this.over, 60_000)
    const at = this.in.lastIndexOf(0x88)
    return at < 0 ? 0 : this.in.readUInt16BE(at + 2)
  }
}

interface Followed { text: string; over: boolean; stop: () => void }
function follow(p: Session, path: string): Followed {
  const f: Followed = { text: '', over: false, stop: () => req.destroy() }
  const req = request(new URL(p.base + path), { headers: { cookie: p.cookie }, agent: false }, (res) => {
    res.on('data', (b: Buffer) => { f.text += String(b) }).on('close', () => { f.over = true }).on('error', () => {})
  }).on('error', () => { f.over = true })
  req.end()
  return f
}
