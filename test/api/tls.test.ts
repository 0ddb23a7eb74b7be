// SPDX-License-Identifier: Apache-2.0
// The listener with a certificate: nothing but TLS 1.2 and 1.3, to other people's clients.
import assert from 'node:assert/strict'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { http } from './lib/http.ts'
import { BareNode } from './lib/node.ts'
import { run, until } from './lib/process.ts'

let node: BareNode
let ca: Buffer
const file = (name: string): string => join(node.dir, name)

/** A certificate of its own authority, and its key. */
async function certificate(name: string, key: string[], days = '30'): Promise<void> {
  const r = await run('openssl', ['req', '-x509', ...key, '-nodes', '-keyout', file(`${name}.key`), '-out', file(`${name}.crt`),
    '-days', days, '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'])
  assert.equal(r.status, 0, r.output)
}
const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
const rsa = ['-newkey', 'rsa:2048']
const files = (crt: string, key = crt): Record<string, string> =>
  ({ HTTP_CERT_PATH: file(`${crt}.crt`), HTTP_KEY_PATH: file(`${key}.key`) })

before(async () => {
  node = new BareNode()
  await certificate('one', ec)
  await certificate('two', rsa)
  ca = readFileSync(file('one.crt'))
  await node.launch(files('one'))
  await node.program.line(/listening on port/)
})
after(async () => { await node.stop() })

interface Answer { status: number; text: string; port: number }
function ask(path: string, options: { agent?: Agent; method?: string; body?: Buffer | string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port: node.port, path, ca, method: options.method ?? 'GET', agent: options.agent }, (res) => {
      let text = ''
      const port = res.socket.localPort ?? 0
      res.setEncoding('utf8').on('data', (c: string) => { text += c }).on('error', reject)
        .on('end', () => resolve({ status: res.statusCode ?? 0, text, port }))
    })
    req.on('error', reject).end(options.body)
  })
}

const secure = (options: ConnectionOptions = {}): Promise<TLSSocket> => new Promise((resolve, reject) => {
  const s = connect({ host: '127.0.0.1', port: node.port, ca, ...options }, () => resolve(s))
  s.once('error', reject)
})
const said = async (s: TLSSocket, what: RegExp): Promise<string> => {
  let text = ''
  s.setEncoding('latin1').on('data', (c: string) => { text += c })
  await until(`${what}`, () => what.test(text), 60_000)
  return text
}
const serial = async (): Promise<string> => {
  const s = await secure({ rejectUnauthorized: false })
  const subject = String(s.getPeerCertificate().subject.CN)
  s.destroy()
  return subject
}

describe('a node with a certificate', () => {
  test('answers node and curl over TLS 1.2 and 1.3', async () => {
    const root = await ask('/')
    assert.equal(root.status, 200)
    assert.equal(JSON.parse(root.text).software, 'Ocean-Node')
    for (const [version, name] of [['1.2', 'TLSv1.2'], ['1.3', 'TLSv1.3']]) {
      const r = await run('curl', ['-sv', '--fail', '--cacert', file('one.crt'), `--tlsv${version}`, '--tls-max', String(version),
        `https://localhost:${node.port}/`])
      assert.equal(r.status, 0, r.output)
      assert.match(r.output, new RegExp(`SSL connection using ${name}`))
      assert.match(r.output, /server accepted http\/1\.1/)
    }
  })

  test('serves an unmodified ocean.js', async () => {
    const script = `import { ProviderInstance as p } from '@oceanprotocol/lib'
      const url = 'https://localhost:${node.port}'
      console.log(JSON.stringify([await p.isValidProvider(url), await p.getComputeEnvironments(url), (await p.getNodeStatus(url)).http]))`
    const r = await run(process.execPath, ['--input-type=module', '-e', script], { ...process.env, NODE_EXTRA_CA_CERTS: file('one.crt') })
    assert.equal(r.output.trim().split('\n').at(-1), '[true,[],true]', r.output)
  })

  test('refuses what is older than TLS 1.2, and protocols that it does not speak', async () => {
    const r = await run('openssl', ['s_client', '-connect', `127.0.0.1:${node.port}`, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'])
    assert.match(r.output, /alert protocol version/)
    await assert.rejects(secure({ ALPNProtocols: ['h2'] }), /no application protocol/)
    await assert.rejects(secure({ maxVersion: 'TLSv1.2', ciphers: 'AES256-SHA' }), /handshake failure/)
  })

  test('never speaks plain HTTP', async () => {
    const r = await http(node.url)
    assert.equal(`${r.status} ${r.text}`, '400 This port speaks TLS: use https')
    const s = connectPlain(node.port, '127.0.0.1')
    s.on('error', () => {}).write(Buffer.alloc(3000, 0x99))
    await until('the end of nonsense', () => s.destroyed || s.readableEnded || s.resume().closed, 60_000)
    assert.equal((await ask('/')).status, 200)
  })

  test('keeps connections, takes requests in a row and in the smallest pieces', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })
    const all = await Promise.all(Array.from({ length: 60 }, () => ask('/openapi.json', { agent })))
    assert.equal(new Set(all.map((r) => `${r.status} ${r.text.length}`)).size, 1)
    assert.equal(new Set(all.map((r) => r.port)).size, 4)
    agent.destroy()
    const s = await secure()
    s.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\nGET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const text = await said(s, /Cannot GET \/c/)
    assert.ok(text.indexOf('Cannot GET /a') < text.indexOf('Cannot GET /b'))
    await until('the end of the connection', () => s.readableEnded || s.closed)
    const slow = await secure()
    for (const c of 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n') slow.write(c)
    await said(slow, /Cannot GET \/slow/)
    slow.destroy()
  })

  test('takes large bodies, and no larger ones than it should', async () => {
    const body = (n: number): string => JSON.stringify({ command: 'none', x: 'y'.repeat(n) })
    const fits = await ask('/directCommand', { method: 'POST', body: body(10_000_000) })
    assert.equal(`${fits.status} ${fits.text}`, '400 Invalid or unrecognized command: "none"')
    const r = await ask('/directCommand', { method: 'POST', body: body(11_000_000) }).catch((e: Error) => e)
    assert.ok(r instanceof Error || r.status === 413)
  })

  test('serves a client that reads slowly', async () => {
    const s = await secure({ highWaterMark: 1024 } as ConnectionOptions)
    const count = 400 // 40 MB: more than any socket holds
    const length = (await ask('/openapi.json')).text.length
    let got = 0
    s.pause()
    const one = 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'
    s.write(one.repeat(count - 1) + one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    assert.equal((await ask('/')).status, 200, 'others are served meanwhile')
    s.on('data', (c: Buffer) => { got += c.length })
    s.resume()
    await until('the end', () => s.readableEnded || s.closed, 60_000)
    assert.ok(got > length * count, `${got} of ${length * count}`)
    assert.equal((await ask('/')).status, 200)
  })

  test('reads a new certificate on SIGHUP, and keeps the old one when the new is none', async () => {
    const old = await secure()
    assert.equal(await serial(), 'one')
    const saved = readFileSync(file('one.key'))
    writeFileSync(file('one.key'), 'nonsense')
    node.program.kill('SIGHUP')
    await node.program.line(/the certificate stays as it is: HTTP_KEY_PATH: no private key in .*one\.key/)
    assert.equal(await serial(), 'one')
    writeFileSync(file('one.crt'), readFileSync(file('two.crt')))
    writeFileSync(file('one.key'), readFileSync(file('two.key')))
    node.program.kill('SIGHUP')
    await node.program.line(/certificate read again/)
    assert.equal(await serial(), 'two')
    old.write('GET /old HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await said(old, /Cannot GET \/old/)
    writeFileSync(file('one.crt'), ca)
    writeFileSync(file('one.key'), saved)
    node.program.kill('SIGHUP')
    await until('the first certificate', async () => await serial() === 'one')
  })
})

describe('a node does not start', () => {
  const refuses = (name: string, env: () => Record<string, string>, text: RegExp): void => {
    test(name, async () => {
      const n = new BareNode()
      try {
        await n.launch(env())
        assert.notEqual(await n.program.end(60_000), 0)
        assert.match(n.program.output, text)
        assert.doesNotMatch(n.program.output, /listening/)
      } finally {
        await n.stop()
      }
    })
  }
  const text = (name: string, content: string): string => {
    writeFileSync(file(name), content)
    return file(name)
  }
  const pair = (crt: string, key: string) => ({ HTTP_CERT_PATH: crt, HTTP_KEY_PATH: key })

  refuses('without the key', () => ({ HTTP_CERT_PATH: file('one.crt') }), /HTTP_KEY_PATH/)
  refuses('without the certificate', () => ({ HTTP_KEY_PATH: file('one.key') }), /HTTP_CERT_PATH/)
  refuses('when a file is missing', () => pair(file('none'), file('one.key')), /HTTP_CERT_PATH: cannot read \S+none: No such file or directory/)
  refuses('when the key is missing', () => pair(file('one.crt'), file('none')), /HTTP_KEY_PATH: cannot read \S+none: No such file or directory/)
  refuses('when the certificate is none', () => pair(text('bad.crt', 'nonsense'), file('one.key')), /HTTP_CERT_PATH: no certificate in \S+bad\.crt/)
  refuses('when the key is none', () => pair(file('one.crt'), text('bad.key', '')), /HTTP_KEY_PATH: no private key in \S+bad\.key/)
  refuses('with another certificate\'s key', () => pair(file('one.crt'), file('two.key')), /HTTP_KEY_PATH: \S+two\.key is not the key of the certificate in \S+one\.crt/)
  refuses('with a key that asks for a passphrase', () => pair(file('one.crt'), file('locked.key')), /HTTP_KEY_PATH: no private key in \S+locked\.key/)

  before(async () => {
    const r = await run('openssl', ['ec', '-in', file('one.key'), '-aes128', '-passout', 'pass:secret', '-out', file('locked.key')])
    assert.equal(r.status, 0, r.output)
    chmodSync(file('locked.key'), 0o600)
  })
})
