// SPDX-License-Identifier: Apache-2.0
// Requests that two servers could read differently: each has one reading here, or none. The raw
// bytes go in, the statuses of all answers come out, and whether the connection ended. In the clear
// and through TLS, at once and byte by byte.
import assert from 'node:assert/strict'
import { createConnection, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { connect } from 'node:tls'
import { join } from 'node:path'
import { BareNode } from './lib/node.ts'
import { run, sleep, until } from './lib/process.ts'

let plain: BareNode
let secure: BareNode
before(async () => {
  plain = await BareNode.start()
  secure = new BareNode()
  const [key, crt] = [join(secure.dir, 'key'), join(secure.dir, 'crt')]
  const made = await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key,
    '-out', crt, '-days', '2', '-subj', '/CN=test'])
  assert.equal(made.status, 0, made.output)
  await secure.launch({ HTTP_CERT_PATH: crt, HTTP_KEY_PATH: key })
  await secure.program.line(/listening/)
})
after(async () => {
  await plain.stop()
  await secure.stop()
})

const H = 'Host: x\r\n'
const body = '{"command":"getComputeEnvironments"}'
const hex = body.length.toString(16)
const post = (headers: string, rest: string): string => `POST /directCommand HTTP/1.1\r\n${H}${headers}\r\n${rest}`
const chunked = (rest: string): string => post('Transfer-Encoding: chunked\r\n', rest)
const get = `GET / HTTP/1.1\r\n${H}\r\n`
const bad = ['400', 'closed']

/** name, bytes, statuses in order and whether the server ends the connection */
const probes: Array<[string, string, string[]]> = [
  // the seventeen of the comparison of servers
  ['bare CR, then a length', `GET / HTTP/1.1\r\n${H}A: b\rContent-Length: 5\r\n\r\nGET /`, bad],
  ['bare CR after an empty value, then chunks', `POST / HTTP/1.1\r\n${H}A:\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, bad],
  ['length and chunks', post(`Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${get}`), bad],
  ['two different lengths', post('Content-Length: 5\r\nContent-Length: 6\r\n', `hello${get}`), bad],
  ['length +5', post('Content-Length: +5\r\n', 'hello'), bad],
  ['chunks by another name', post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'), bad],
  ['LF for line ends', 'GET / HTTP/1.1\nHost: x\n\n', bad],
  ['blank before the colon', `POST / HTTP/1.1\r\n${H}Content-Length : 5\r\n\r\nhello`, bad],
  ['a folded header', `GET / HTTP/1.1\r\n${H}A: b\r\n c: d\r\n\r\n`, bad],
  ['blank before the first header', `GET / HTTP/1.1\r\n A: b\r\n${H}\r\n`, bad],
  ['NUL in a value', `GET / HTTP/1.1\r\n${H}A: b\0c\r\n\r\n`, bad],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', bad],
  ['a header of 64 KiB', `GET / HTTP/1.1\r\n${H}A: ${'x'.repeat(65536)}\r\n\r\n`, ['431', 'closed']],
  ['chunked, identity', post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'), bad],
  ['a chunk size beyond 64 bits', chunked('fffffffffffffffff\r\nhello\r\n0\r\n\r\n'), bad],
  ['POST, then GET', post(`Content-Length: ${body.length}\r\n`, body + get), ['200', '200']],
  ['three GETs', get + get + get, ['200', '200', '200']],
  // and more
  ['two Hosts', `GET / HTTP/1.1\r\n${H}Host: y\r\n\r\n`, bad],
  ['two Hosts that are the same', `GET / HTTP/1.1\r\n${H}${H}\r\n`, bad],
  ['chunk framing by LF: the size', chunked(`${hex}\n${body}\r\n0\r\n\r\n`), bad],
  ['chunk framing by LF: the data', chunked(`${hex}\r\n${body}\n0\r\n\r\n`), bad],
  ['chunk framing by LF: the end', chunked(`${hex}\r\n${body}\r\n0\n\n`), bad],
  ['chunk framing by LF: all of it', chunked(`${hex}\n${body}\n0\n\n`), bad],
  ['a line folded into a header name', `GET / HTTP/1.1\r\n${H}Transfer-\r\n Encoding: chunked\r\n\r\n`, bad],
  ['a line folded by a tab', `POST / HTTP/1.1\r\n${H}Content-Length:\r\n\t5\r\n\r\nhello`, bad],
  ['a folded request line', `GET /\r\n HTTP/1.1\r\n${H}\r\n`, bad],
  ['chunks twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), bad],
  ['chunks after identity', post('Transfer-Encoding: identity, chunked\r\n', '0\r\n\r\n'), bad],
  ['chunks of what is packed', post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'), bad],
  ['chunks in other letters', post('transfer-ENCODING: Chunked\r\n', `${hex}\r\n${body}\r\n0\r\n\r\n`), ['200']],
  ['chunks in HTTP/1.0', 'POST /directCommand HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', bad],
  ['a vertical tab before the value', post('Transfer-Encoding:\x0bchunked\r\n', '0\r\n\r\n'), bad],
  ['a length as hexadecimal', post('Content-Length: 0x5\r\n', 'hello'), bad],
  ['a length with a comma', post('Content-Length: 5, 5\r\n', 'hello'), bad],
  ['an empty length', post('Content-Length: \r\n', ''), bad],
  ['a length beyond 64 bits', post('Content-Length: 18446744073709551617\r\n', 'x'), bad],
  ['a negative chunk size', chunked('-1\r\n\r\n'), bad],
  ['an empty chunk size', chunked('\r\nhello\r\n'), bad],
  ['more data than the chunk has', chunked(`1\r\n${body}\r\n0\r\n\r\n`), bad],
  ['a chunk extension with a bare LF', chunked(`${hex};a\nb\r\n${body}\r\n0\r\n\r\n`), bad],
  ['a folded trailer', chunked(`${hex}\r\n${body}\r\n0\r\nA: b\r\n c\r\n\r\n`), bad],
  ['chunks with an extension and a trailer', chunked(`${hex};x=y\r\n${body}\r\n0\r\nA: b\r\n\r\n${get}`), ['200', '200']],
  ['a body that a GET does not want', `GET / HTTP/1.1\r\n${H}Content-Length: ${get.length}\r\n\r\n${get}`, ['200']],
  ['a body for a route that is none', `POST /none HTTP/1.1\r\n${H}Content-Length: ${get.length}\r\n\r\n${get}`, ['404', 'closed']],
  ['good, then bad', `${get}GET / HTTP/1.1\r\n\r\n${get}`, ['200', '400', 'closed']],
  ['an empty value before a header that counts', `GET / HTTP/1.1\r\nA: \r\n${H}B:\r\nConnection: close\r\n\r\n${get}`, ['200', 'closed']],
  ['a header without a name', `GET / HTTP/1.1\r\n${H}: b\r\n\r\n`, bad],
  ['a header that is only a colon', post(':\r\nContent-Length: 5\r\n', 'hello'), bad],
  ['a line without a colon', `GET / HTTP/1.1\r\n${H}Content-Length\r\n\r\n`, bad],
  ['a whole URL of another host', `GET http://y/ HTTP/1.1\r\n${H}\r\n`, ['200']],
  ['CONNECT', `CONNECT x:1 HTTP/1.1\r\n${H}\r\n`, bad],
  ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', bad],
  ['an upgrade', `GET / HTTP/1.1\r\n${H}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n${get}`, ['200', '200']]
]

async function outcome(s: Socket, bytes: string, byteByByte: boolean, expected: string[]): Promise<string[]> {
  let text = ''
  let closed = false
  s.setNoDelay(true).setEncoding('latin1').on('data', (c: string) => { text += c })
    .on('end', () => { closed = true }).on('close', () => { closed = true }).on('error', () => { closed = true })
  if (byteByByte) for (const c of bytes) s.write(c, 'latin1')
  else s.write(bytes, 'latin1')
  const statuses = (): string[] => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((m) => m[1] as string)
  const ends = expected.includes('closed')
  const wanted = expected.filter((x) => x !== 'closed').length
  await until('answers', () => closed || (!ends && statuses().length >= wanted), 60_000, 5)
  if (!ends) await sleep(50) // for an answer too many
  s.destroy()
  return closed ? [...statuses(), 'closed'] : statuses()
}

const dial: Array<[string, () => Promise<Socket>]> = [
  ['in the clear', async () => createConnection(plain.port, '127.0.0.1')],
  ['through TLS', () => new Promise((resolve, reject) => {
    const s = connect({ port: secure.port, host: '127.0.0.1', rejectUnauthorized: false }, () => resolve(s))
    s.once('error', reject)
  })]
]

for (const [how, open] of dial) {
  describe(`raw requests ${how}`, { concurrency: 8 }, () => {
    for (const [name, bytes, expected] of probes) {
      test(name, async () => {
        assert.deepEqual(await outcome(await open(), bytes, false, expected), expected)
        if (bytes.length < 1000) assert.deepEqual(await outcome(await open(), bytes, true, expected), expected, 'byte by byte')
      })
    }
  })
}
