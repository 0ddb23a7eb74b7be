// SPDX-License-Identifier: Apache-2.0
// Files wherever they live: nginx as an origin and as gateway, S3, FTP with and without TLS; whole, in parts, encrypted;
// origins that break; addresses that are refused.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { encrypt } from 'eciesjs'
import { SigningKey, Wallet, getBytes, id } from 'ethers'
import { World } from './fixtures.ts'
import { Faults } from './lib/faults.ts'
import { noise, sha256 } from './lib/files.ts'
import { FtpServer } from './lib/ftp.ts'
import { http, post } from './lib/http.ts'
import type { Published } from './lib/market.ts'
import { Nginx } from './lib/nginx.ts'
import { freePort, sleep, until } from './lib/process.ts'
import { S3Server } from './lib/s3.ts'

const content = noise(300_001, 'storage')
const large = 96 << 20 // far more than node, kernel and client buffer together

let w: World
let nginx: Nginx
let s3: S3Server
let s3Hosts: S3Server
let ftp: FtpServer
let ftps: FtpServer
let faults: Faults
let peer = ''
let asset: Published
let order = ''
const files: Array<{ name: string; object: object }> = []
const add = (name: string, object: object): void => { files.push({ name, object }) }
const indexOf = (name: string): number => {
  const i = files.findIndex((f) => f.name === name)
  assert.ok(i >= 0, name)
  return i
}
const url = (u: string, more: object = {}): object => ({ type: 'url', url: u, method: 'GET', ...more })
const nodeIv = (): Uint8Array => getBytes(SigningKey.computePublicKey(w.wallet.privateKey, true)).slice(0, 16)

before(async () => {
  w = new World()
  const dir = (name: string): string => join(w.dir, name)
  const root = dir('www')
  for (const d of ['ipfs', 'ar', '']) mkdirSync(join(root, d), { recursive: true })
  for (const name of ['data.csv', 'ipfs/QmTest', 'ar/tx1']) writeFileSync(join(root, name), content)
  writeFileSync(join(root, 'large.bin'), Buffer.alloc(large, noise(65_536, 'large')))
  nginx = await Nginx.start(dir('nginx'), `root ${root};`)
  s3 = await new S3Server(dir('s3')).start()
  s3Hosts = await new S3Server(dir('s3-hosts'), true).start()
  const pem = dir('ftp.pem')
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', dir('key'), '-out', dir('cert')],
  { stdio: 'ignore' })
  writeFileSync(pem, readFileSync(dir('key'), 'utf8') + readFileSync(dir('cert'), 'utf8'))
  ftp = await FtpServer.start(dir('ftp'))
  ftps = await FtpServer.startTls(dir('ftps'), pem)
  faults = await Faults.start(nginx.url)
  await w.build({
    compute: false,
    env: {
      IPFS_GATEWAY: `${nginx.url}/`, ARWEAVE_GATEWAY: `${nginx.url}/ar`, ALLOW_PRIVATE_URLS: '["127.0.0.1"]',
      UNSAFE_URLS: '["forbidden-\\\\d+"]', NODE_EXTRA_CA_CERTS: dir('cert')
    }
  })
  peer = (await (await fetch(w.url)).json() as { nodeId: string }).nodeId
  await s3.put('dir/data.csv', content, 'text/csv')
  await s3.put('with space+ä.bin', content)
  await s3Hosts.put('with space+ä.bin', content)
  ftp.put('dir/my data.csv', content)
  ftps.put('data.csv', content)
  const aes = createCipheriv('aes-256-cbc', getBytes(w.wallet.privateKey), nodeIv())
  writeFileSync(join(root, 'aes.bin'), Buffer.concat([aes.update(content), aes.final()]))
  writeFileSync(join(root, 'ecies.bin'), encrypt(SigningKey.computePublicKey(w.wallet.privateKey), content))
  // an origin that knows no ranges but has a type; one that does not tell the size; one for POST
  w.files.add('plain.csv', content, 'text/csv')
  w.files.on('unsized.csv', (_q, r) => { r.writeHead(200, { 'content-type': 'text/csv' }).end(content) })
  w.files.on('posted', (q, r) => {
    if (q.method === 'POST' && q.headers['x-key'] === 'secret') r.writeHead(200, { 'content-length': content.length }).end(content)
    else r.writeHead(405).end()
  })
  add('url', url(`${nginx.url}/data.csv`))
  add('ipfs', { type: 'ipfs', hash: 'QmTest' })
  add('arweave', { type: 'arweave', transactionId: 'tx1' })
  add('s3', s3.object('dir/data.csv'))
  add('s3 by host', s3Hosts.object('with space+ä.bin', { endpoint: s3Hosts.virtualHost }))
  add('s3 with odd letters', s3.object('with space+ä.bin'))
  add('s3 by path', s3.object('dir/data.csv', { endpoint: s3.virtualHost, forcePathStyle: true, region: 'eu-west-1' }))
  add('ftp', ftp.object('dir/my%20data.csv'))
  add('ftp anonymous', ftp.object('dir/my%20data.csv', ''))
  add('ftps', ftps.object('data.csv'))
  add('without ranges', url(w.files.url('plain.csv')))
  add('post', url(w.files.url('posted'), { method: 'post', headers: { 'X-Key': 'secret' } }))
  add('ecies', url(`${nginx.url}/ecies.bin`, { encryptedBy: peer, encryptMethod: 'ECIES' }))
  add('unsized', url(w.files.url('unsized.csv')))
  add('aes', url(`${nginx.url}/aes.bin`, { encryptedBy: peer, encryptMethod: 'AES' }))
  add('large', url(`${nginx.url}/large.bin`))
  add('behind faults', url(`${faults.url}/data.csv`))
  add('large behind faults', url(`${faults.url}/large.bin`))
  add('nobody', url(`http://127.0.0.1:${await freePort()}/x`))
  add('wrong secret', s3.object('dir/data.csv', { secretAccessKey: 'guessed' }))
  add('wrong password', ftp.object('dir/my%20data.csv', 'alice:guessed@'))
  add('absent ftp', ftp.object('absent'))
  add('absent s3', s3.object('absent'))
  asset = await w.market.publish({ name: 'Everywhere', files: files.map((f) => f.object), timeout: 86400 })
  order = await w.market.order(asset, w.consumer)
})
after(async () => {
  faults?.stop()
  await nginx?.stop()
  await s3?.stop()
  await s3Hosts?.stop()
  await ftp?.stop()
  await ftps?.stop()
  await w.stop()
})

const download = async (name: string, init: RequestInit = {}): Promise<Response> =>
  fetch(await w.market.downloadUrl(asset, order, w.consumer, indexOf(name)), init)
const bytes = async (r: Response): Promise<Buffer> => Buffer.from(await r.arrayBuffer())
const statusIs = async (r: Response, status: number, what: string): Promise<void> => {
  if (r.status !== status) assert.fail(`${what}: ${r.status} ${(await r.text()).slice(0, 300)}`)
}
const info = async (object: object, checksum = false): Promise<any> => {
  const r = await post(`${w.url}/api/services/fileInfo`, { ...object, checksum })
  assert.equal(r.status, 200, r.text)
  return JSON.parse(r.text)[0]
}
const objectOf = (name: string): object => files[indexOf(name)]?.object ?? {}

const whole = ['url', 'ipfs', 'arweave', 's3', 's3 by host', 's3 by path', 's3 with odd letters', 'ftp', 'ftp anonymous', 'ftps', 'without ranges',
  'post', 'ecies']

describe('every type of storage', () => {
  for (const name of [...whole, 'unsized', 'aes']) {
    test(`${name}: the bytes`, async () => {
      const r = await download(name)
      await statusIs(r, 200, name)
      assert.equal(sha256(await bytes(r)), sha256(content))
      assert.equal(r.headers.get('content-length'), whole.includes(name) ? String(content.length) : null)
      assert.equal(r.headers.get('accept-ranges'), whole.includes(name) ? 'bytes' : 'none')
    })
  }

  for (const name of whole) {
    test(`${name}: parts`, async () => {
      for (const [range, from, to] of [['bytes=100-199', 100, 199], ['bytes=299990-', 299_990, 300_000],
        ['bytes=-7', 299_994, 300_000], ['bytes=0-0', 0, 0]] as const) {
        const r = await download(name, { headers: { range } })
        await statusIs(r, 206, range)
        assert.equal(r.headers.get('content-range'), `bytes ${from}-${to}/${content.length}`)
        assert.ok((await bytes(r)).equals(content.subarray(from, to + 1)), range)
      }
      const beyond = await download(name, { headers: { range: 'bytes=300001-' } })
      await statusIs(beyond, 416, 'beyond the end')
      assert.equal(beyond.headers.get('content-range'), `bytes */${content.length}`)
      assert.equal((await bytes(beyond)).length, 0)
    })
  }

  for (const name of whole.filter((n) => n !== 'post')) {
    test(`${name}: HEAD`, async () => {
      const r = await download(name, { method: 'HEAD' })
      assert.equal(r.status, 200)
      assert.equal(r.headers.get('content-length'), String(content.length))
      assert.match(r.headers.get('content-disposition') ?? '', /^attachment;filename=./)
    })
  }

  for (const [name, file, type] of [['url', 'data.csv', 'text/csv'], ['ipfs', '', 'application/octet-stream'],
    ['s3', 'data.csv', 'text/csv'], ['s3 by host', 'with space+ä.bin', 'application/octet-stream'],
    ['ftp', 'my data.csv', 'application/octet-stream'], ['ftps', 'data.csv', 'application/octet-stream']] as const) {
    test(`${name}: what fileInfo says`, async () => {
      const object = objectOf(name)
      const known = await info(object)
      assert.deepEqual([known.valid, known.contentLength, known.name, known.contentType], [true, '300001', file, type])
      assert.equal((await info(object, true)).checksum, sha256(content))
    })
  }

  test("an object's ETag is its checksum unless a real one is asked for", async () => {
    assert.equal((await info(objectOf('s3'))).checksum, createHash('md5').update(content).digest('hex'))
  })

  test('several ranges, or nonsense, are no range', async () => {
    for (const range of ['bytes=0-1,5-6', 'lines=1-2', 'bytes=5-1']) {
      const r = await download('url', { headers: { range } })
      assert.equal(r.status, 200, range)
      assert.equal((await bytes(r)).length, content.length)
    }
  })

  test('a download goes on only with the same content', async () => {
    const etag = (await download('url', { method: 'HEAD' })).headers.get('etag') ?? ''
    assert.match(etag, /^"/)
    const same = await download('url', { headers: { range: 'bytes=300000-', 'if-range': etag } })
    assert.equal(same.status, 206)
    for (const name of ['url', 'without ranges', 'ftp']) {
      const r = await download(name, { headers: { range: 'bytes=300000-', 'if-range': '"another"' } })
      assert.equal(r.status, 200, name)
      assert.equal((await bytes(r)).length, content.length)
    }
  })

  test('another node\'s secret passes as it is, and says so', async () => {
    const a = await w.market.publish({
      name: 'Sealed elsewhere', files: [url(`${nginx.url}/aes.bin`, { encryptedBy: '16Uiu2HAmOther', encryptMethod: 'AES' })]
    })
    const r = await fetch(await w.market.downloadUrl(a, await w.market.order(a, w.consumer), w.consumer))
    assert.equal(r.headers.get('x-encrypted-by'), '16Uiu2HAmOther')
    assert.equal((await bytes(r)).length, 300_016)
  })
})

/** What eth-crypto's encrypt.encryptWithPublicKey and cipher.stringify make (wire/ddo.md 8). */
function ethCrypto(publicKey: string, text: string): string {
  const once = new SigningKey(Wallet.createRandom().privateKey)
  const x = getBytes(once.computeSharedSecret(publicKey)).slice(1, 33)
  const keys = createHash('sha512').update(x).digest()
  const iv = randomBytes(16)
  const aes = createCipheriv('aes-256-cbc', keys.subarray(0, 32), iv)
  const sealed = Buffer.concat([aes.update(text), aes.final()])
  const mac = createHmac('sha256', keys.subarray(32)).update(iv).update(getBytes(once.publicKey)).update(sealed).digest()
  return Buffer.concat([iv, getBytes(once.compressedPublicKey), mac, sealed]).toString('hex')
}

describe('a key of the client\'s, by directCommand', () => {
  let nonce = Date.now()
  const command = async (key: string, name = 'url'): Promise<Response> => {
    const n = String(++nonce)
    const signature = await w.consumer.signMessage(getBytes(id(`${w.consumer.address}${n}download`)))
    return fetch(`${w.url}/directCommand`, {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        command: 'download', fileIndex: indexOf(name), documentId: asset.did, serviceId: asset.serviceId, transferTxId: order,
        consumerAddress: w.consumer.address, nonce: n, signature, aes_encrypted_key: key
      })
    })
  }
  const message = (inner: object): string =>
    ethCrypto(SigningKey.computePublicKey(w.wallet.privateKey), JSON.stringify({ message: JSON.stringify(inner), signature: 'x' }))

  test('encrypts the content on its way', async () => {
    const key = randomBytes(32)
    const iv = randomBytes(16)
    for (const name of ['url', 'aes', 'ftp']) {
      const r = await command(message({ key: key.toString('hex'), iv: iv.toString('hex') }), name)
      assert.equal(r.status, 200)
      assert.equal(r.headers.get('content-encoding'), 'aesgcm')
      const aes = createDecipheriv('aes-256-cbc', key, iv)
      assert.ok(Buffer.concat([aes.update(await bytes(r)), aes.final()]).equals(content), name)
    }
  })

  test('that cannot be read is refused', async () => {
    for (const key of ['zz', 'abcd', '00'.repeat(200), message({ key: 'ab', iv: 'cd' }), 'ab'.repeat(4000)]) {
      const r = await command(key)
      assert.equal(r.status, 400)
      assert.match(await r.text(), /^Invalid aes_encrypted_key: ./)
    }
  })
})

describe('an origin that fails', () => {
  const refused = async (name: string, text: RegExp): Promise<void> => {
    const r = await download(name)
    assert.equal(r.status, 501)
    assert.match(await r.text(), text)
    assert.equal((await info(objectOf(name))).valid, false)
  }

  test('in the middle cuts the connection of the client', async () => {
    faults.fault = { cutAfter: 200_000 }
    const r = await download('behind faults')
    assert.equal(r.status, 200)
    assert.equal(r.headers.get('content-length'), String(content.length))
    await assert.rejects(bytes(r))
    faults.fault = {}
  })

  test('in the middle of encrypted content cuts it too', async () => {
    faults.fault = { cutAfter: 100_000 }
    const a = await w.market.publish({
      name: 'Broken', files: [url(`${faults.url}/aes.bin`, { encryptedBy: peer }), url(`${faults.url}/ecies.bin`, {
        encryptedBy: peer, encryptMethod: 'ECIES'
      })]
    })
    const tx = await w.market.order(a, w.consumer)
    await assert.rejects(bytes(await fetch(await w.market.downloadUrl(a, tx, w.consumer, 0))))
    assert.equal((await fetch(await w.market.downloadUrl(a, tx, w.consumer, 1))).status, 501)
    faults.fault = {}
  })

  test('with a delay is waited for', async () => {
    faults.fault = { delay: 1500 }
    assert.equal(sha256(await bytes(await download('behind faults'))), sha256(content))
    faults.fault = {}
  })

  test('with garbage, an error or nothing is refused', async () => {
    for (const [instead, text] of [
      ['\u0000\u0001garbage\r\n\r\n', /^Unknown error: /],
      ['HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n', /^Unknown error: Request failed with status code 500$/],
      ['HTTP/1.1 206 Part\r\nContent-Length: 3\r\n\r\nabc', /./],
      ['', /^Unknown error: /]
    ] as const) {
      faults.fault = { instead }
      if (!instead.includes('206')) await refused('behind faults', text)
      const r = await download('behind faults', { headers: { range: 'bytes=5-7' } })
      assert.equal(r.status, 501, instead)
    }
    faults.fault = {}
  })

  test('because nobody is there, or says no', async () => {
    await refused('nobody', /^Unknown error: 127\.0\.0\.1:\d+: /)
    await refused('wrong secret', /^Unknown error: Request failed with status code 403$/)
    await refused('wrong password', /^Unknown error: localhost:\d+: .*denied/)
    await refused('absent ftp', /^Unknown error: localhost:\d+: /)
    await refused('absent s3', /^Unknown error: Request failed with status code 404$/)
  })
})

/** An FTP server that greets with what looks like headers, sends the file, and then never says a word again. */
async function silentFtp(file: Buffer): Promise<{ url: string; open: Set<Socket>; stop: () => void }> {
  const open = new Set<Socket>()
  const data: Server[] = []
  const server = createServer((c) => {
    open.add(c.on('close', () => open.delete(c)).on('error', () => c.destroy()))
    const say = (line: string): void => { c.write(`${line}\r\n`) }
    say('220-Content-Type: text/html\r\nContent-Length: 5\r\nContent-Disposition: attachment;filename=evil\r\n\r\n220 hello')
    let port: Server
    c.on('data', (b) => {
      const word = b.toString().split(/\s/)[0] ?? ''
      if (word === 'USER') say('331 and?')
      else if (word === 'PASS') say('230 in')
      else if (word === 'PWD') say('257 "/"')
      else if (word === 'TYPE') say('200 yes')
      else if (word === 'SIZE') say(`213 ${file.length}`)
      else if (word === 'REST') say('350 go on')
      else if (word === 'EPSV') {
        port = createServer((d) => { d.on('error', () => d.destroy()); d.end(file) }).listen(0, '127.0.0.1', () =>
          say(`229 here (|||${(port.address() as AddressInfo).port}|)`))
        data.push(port)
      } else if (word === 'RETR') say('150 it comes')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ftp://localhost:${(server.address() as AddressInfo).port}/f.bin`,
    open,
    stop: () => { for (const s of [server, ...data]) s.close(); for (const c of open) c.destroy() }
  }
}

test('an FTP server that falls silent holds up nobody', async () => {
  const silent = await silentFtp(content)
  const a = await w.market.publish({ name: 'Silent', files: [{ type: 'ftp', url: silent.url }] })
  const tx = await w.market.order(a, w.consumer)
  for (let i = 0; i < 3; i++) {
    const r = await fetch(await w.market.downloadUrl(a, tx, w.consumer))
    assert.deepEqual([r.status, r.headers.get('content-type'), r.headers.get('content-length'), r.headers.get('content-disposition')],
      [200, 'application/octet-stream', String(content.length), 'attachment;filename=f.bin'])
    assert.equal(sha256(await bytes(r)), sha256(content))
  }
  assert.equal(sha256(await bytes(await download('url'))), sha256(content))
  assert.ok(silent.open.size > 0, 'libcurl still waits for the last words')
  silent.stop()
})

describe('a URL of this node itself', () => {
  const own = (path: string, more: object = {}): object => url(w.url + path, more)

  test('is answered in process, and needs no leave', async () => {
    for (const host of [w.url, w.url.replace('127.0.0.1', 'localhost')]) {
      const known = await info(url(`${host}/api/aquarius/assets/ddo/${asset.did}`), true)
      const text = (await http(`${w.url}/api/aquarius/assets/ddo/${asset.did}`)).text
      assert.deepEqual([known.valid, known.contentLength, known.checksum], [true, String(Buffer.byteLength(text)), sha256(text)])
    }
    assert.equal((await info(own('/api/aquarius/assets/ddo/did:op:none'))).valid, false)
    assert.equal((await info(own('/no/such/route'))).valid, false)
    assert.equal((await info(own('/api/services/encrypt'))).valid, false)
  })

  test('cannot be used to go round in circles, however many try', async () => {
    const token = (JSON.parse((await post(`${w.url}/api/services/auth/token`, await (async () => {
      const n = String(Date.now())
      return {
        address: w.consumer.address, nonce: n,
        signature: await w.consumer.signMessage(getBytes(id(`${w.consumer.address}${n}createAuthToken`)))
      }
    })())).text) as { token: string }).token
    // A's file is the download of B, whose file is the download of A
    const path = (a: Published, tx: string): string =>
      `/api/services/download?${new URLSearchParams({
        fileIndex: '0', documentId: a.did, serviceId: a.serviceId, transferTxId: tx, consumerAddress: w.consumer.address
      })}`
    const plain = await w.market.publish({ name: 'Plain', files: [url(`${nginx.url}/data.csv`)] })
    const headers = { Authorization: token }
    const one = await w.market.publish({
      name: 'One', files: [own(path(plain, await w.market.order(plain, w.consumer)), { headers })]
    })
    const tx = await w.market.order(one, w.consumer)
    const fetched = await fetch(w.url + path(one, tx), { headers })
    assert.equal(fetched.status, 200)
    assert.equal(sha256(await bytes(fetched)), sha256(content))
    const two = await w.market.publish({ name: 'Two', files: [own(path(one, tx), { headers })] })
    const url2 = w.url + path(two, await w.market.order(two, w.consumer))
    const all = await Promise.all(Array.from({ length: 60 }, () => fetch(url2, { headers })))
    for (const r of all) {
      assert.equal(r.status, 501)
      assert.match(await r.text(), /^Unknown error: Request failed with status code 501$/)
    }
    // by a name that the node does not know for its own the request comes in by the door, and is sent away there
    const alias = await Faults.start(w.url)
    const round = await w.market.publish({ name: 'Round', files: [url(alias.url + path(one, tx), { headers })] })
    const tx3 = await w.market.order(round, w.consumer)
    const replies = await Promise.all(Array.from({ length: 40 }, () => fetch(w.url + path(round, tx3), { headers })))
    for (const r of replies) assert.deepEqual([r.status, await r.text()], [501, 'Unknown error: Request failed with status code 508'])
    alias.stop()
  })
})

test('a slow client holds back a fast origin, and costs little memory', async () => {
  const rss = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${w.node.pid}/status`, 'utf8'))?.[1]) / 1024
  const before = rss()
  faults.passed = 0
  const clients: IncomingMessage[] = []
  for (let i = 0; i < 8; i++) {
    const from = await w.market.downloadUrl(asset, order, w.consumer, indexOf('large behind faults'))
    clients.push(await new Promise((resolve, reject) => { httpGet(from, (r) => resolve(r.pause())).on('error', reject) }))
  }
  let last = -1
  await until('the origins to be held back', async () => {
    const now = faults.passed
    const still = now === last
    last = now
    await sleep(500)
    return still && now > 0
  })
  assert.ok(faults.passed < 8 * large / 3, `${faults.passed >> 20} MiB have left the origin`)
  assert.ok(rss() - before < 32, `${before} -> ${rss()} MiB for 8 slow clients`)
  const answers = await Promise.all([http(w.url), http(`${w.url}/api/services/nonce?userAddress=${w.consumer.address}`)])
  assert.deepEqual(answers.map((a) => a.status), [200, 200])
  const hash = createHash('sha256')
  for await (const part of clients[0] as IncomingMessage) hash.update(part)
  assert.equal(hash.digest('hex'), sha256(Buffer.alloc(large, noise(65_536, 'large'))))
  for (const c of clients) c.destroy()
})

describe('where nobody is sent', () => {
  const refused = async (object: object, text: string): Promise<void> => {
    const r = await post(`${w.url}/api/services/fileInfo`, object)
    assert.deepEqual([r.status, r.text], [500, `Unknown error: ${text}`])
  }
  const unsafe = (why: string, what = 'URL'): string => `Error validating the ${what} file: URL is marked as unsafe: ${why}`

  for (const [host, why] of [
    ['10.0.0.1', '10.0.0.1 is a private address (allowPrivateUrls)'],
    ['127.0.0.2', '127.0.0.2 is a loopback address (allowPrivateUrls)'],
    ['0x7f000002', '127.0.0.2 is a loopback address (allowPrivateUrls)'],
    ['2130706434', '127.0.0.2 is a loopback address (allowPrivateUrls)'],
    ['[::1]', '[::1] is a loopback address (allowPrivateUrls)'],
    ['[::ffff:10.0.0.1]', '[::ffff:10.0.0.1] is a private address (allowPrivateUrls)'],
    ['[64:ff9b::a00:1]', '[64:ff9b::a00:1] is a private address (allowPrivateUrls)'],
    ['[fe80::1]', '[fe80::1] is a link-local address (allowPrivateUrls)'],
    ['169.254.169.254', '169.254.169.254 is a metadata service address (allowPrivateUrls)'],
    ['example.com/forbidden-1', "it matches the pattern 'forbidden-\\d+' (UNSAFE_URLS)"]
  ] as const) {
    test(`url, ftp and s3 at ${host}`, async () => {
      await refused(url(`http://${host}/x`), unsafe(why))
      await refused({ type: 'ftp', url: `ftp://${host}/x` }, unsafe(why, 'FTP'))
      await refused(s3.object('x', { endpoint: `http://${host}/` }), unsafe(why, 'S3'))
    })
  }

  test('other schemes', async () => {
    await refused(url('file:///etc/passwd'), 'Error validating the URL file: URL looks like a file path')
    await refused(url('gopher:x'), unsafe('only http and https are allowed'))
    await refused({ type: 'ftp', url: 'http://127.0.0.1/' }, 'Error validating the FTP file: URL must be ftp:// or ftps://')
  })

  test('by a redirect', async () => {
    for (const [to, why] of [
      ['http://127.0.0.2/x', /^Unknown error: URL is marked as unsafe: 127\.0\.0\.2 is a loopback address \(allowPrivateUrls\)$|leads to a loopback address/],
      ['http://10.0.0.1/x', /is marked as unsafe: .*private address \(allowPrivateUrls\)$/],
      [`${nginx.url}/forbidden-7`, /is marked as unsafe: it matches the pattern/],
      [ftp.object('dir/my%20data.csv').url, /is marked as unsafe: .* leads to a scheme that is not allowed$/],
      ['file:///etc/passwd', /is marked as unsafe: .* leads to a scheme that is not allowed$/]
    ] as const) {
      const object = w.files.on('redirect', (_q, r) => { r.writeHead(302, { location: to }).end() })
      const r = await post(`${w.url}/api/services/fileInfo`, object)
      assert.equal(r.status, 500, `${to}: ${r.text}`)
      assert.match(r.text, why)
    }
  })

  test('but an allowed redirect is followed', async () => {
    const object = w.files.on('moved', (_q, r) => { r.writeHead(302, { location: `${nginx.url}/data.csv` }).end() })
    assert.equal((await info(object, true)).checksum, sha256(content))
  })
})
