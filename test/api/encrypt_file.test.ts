// SPDX-License-Identifier: Apache-2.0
// encryptFile: what it answers can be read with the node's key, byte by byte, and by nobody else.
import assert from 'node:assert/strict'
import { createDecipheriv } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { decrypt } from 'eciesjs'
import { SigningKey, getBytes, id } from 'ethers'
import { World } from './fixtures.ts'
import { noise } from './lib/files.ts'
import { post } from './lib/http.ts'

let w: World
let peer: string
before(async () => {
  w = await World.start({ compute: false })
  peer = (await (await fetch(w.url)).json() as { nodeId: string }).nodeId
})
after(async () => { await w.stop() })

let nonce = 0
/** consumerAddress, nonce and signature of the next request. */
const signed = async (): Promise<{ consumerAddress: string; nonce: string; signature: string }> => {
  const consumerAddress = w.consumer.address
  const n = String(++nonce)
  return { consumerAddress, nonce: n, signature: await w.consumer.signMessage(getBytes(id(`${consumerAddress}${n}encryptFile`))) }
}

interface Answer { status: number; bytes: Buffer; headers: Headers }
const encrypt = async (
  body: Uint8Array | string, type = 'application/octet-stream', query: Record<string, string> = {}
): Promise<Answer> => {
  const r = await fetch(`${w.url}/api/services/encryptFile?${new URLSearchParams({ ...await signed(), ...query })}`,
    { method: 'POST', headers: { 'content-type': type }, body: body as BodyInit })
  return { status: r.status, bytes: Buffer.from(await r.arrayBuffer()), headers: r.headers }
}
const refused = (a: Answer, status: number, text: string): void => {
  assert.deepEqual([a.status, a.bytes.toString()], [status, text])
}
const openAes = (bytes: Buffer): Buffer => {
  const iv = getBytes(SigningKey.computePublicKey(w.wallet.privateKey, true)).slice(0, 16)
  const d = createDecipheriv('aes-256-cbc', getBytes(w.wallet.privateKey), iv)
  return Buffer.concat([d.update(bytes), d.final()])
}
const openEcies = (bytes: Buffer): Buffer => Buffer.from(decrypt(w.wallet.privateKey, bytes))

describe('content in the body', () => {
  for (const size of [1, 16, 100_001]) {
    test(`${size} bytes, AES unless asked otherwise`, async () => {
      const plain = noise(size, 'aes')
      const r = await encrypt(plain)
      assert.equal(r.status, 200, r.bytes.toString())
      assert.equal(r.headers.get('content-type'), 'application/octet-stream')
      assert.equal(r.headers.get('x-encrypted-by'), peer)
      assert.equal(r.headers.get('x-encrypted-method'), 'AES')
      assert.ok(openAes(r.bytes).equals(plain))
    })
  }

  test('ECIES, in any letter case', async () => {
    const plain = noise(70_000, 'ecies')
    for (const encryptMethod of ['ECIES', 'ecies']) {
      const r = await encrypt(plain, 'application/octet-stream', { encryptMethod })
      assert.equal(r.headers.get('x-encrypted-method'), 'ECIES')
      assert.ok(openEcies(r.bytes).equals(plain))
    }
  })

  test('25 MiB and no more', async () => {
    const most = Buffer.alloc(25 << 20, 'x')
    const r = await encrypt(most)
    assert.equal(r.status, 200)
    assert.ok(openAes(r.bytes).equals(most))
    const more = await encrypt(Buffer.alloc((25 << 20) + 1)).catch(() => null)
    assert.ok(!more || more.status === 413, `${more?.status}`)
  })
})

describe('content of a file object', () => {
  test('is fetched', async () => {
    const file = w.files.add('to-encrypt.bin', noise(200_000, 'object'))
    const r = await encrypt(JSON.stringify(file.object), 'application/json; charset=utf-8', { encryptMethod: 'aes' })
    assert.equal(r.status, 200, r.bytes.toString())
    assert.ok(openAes(r.bytes).equals(file.bytes))
  })

  test('that is not there, too large, malformed', async () => {
    refused(await encrypt(JSON.stringify({ type: 'url', url: w.files.url('none'), method: 'GET' }), 'application/json'),
      500, 'Cannot fetch files')
    const large = w.files.add('large.bin', Buffer.alloc((25 << 20) + 1))
    refused(await encrypt(JSON.stringify(large.object), 'application/json'), 413, 'The file is larger than 26214400 bytes')
    refused(await encrypt('{"type":"odd"}', 'application/json'), 400, 'Invalid storage type: odd')
    refused(await encrypt('[]', 'application/json'), 400, 'Empty file object')
    assert.equal((await encrypt('{"type":', 'application/json')).status, 400)
  })
})

describe('the command', () => {
  const command = async (fields: Record<string, unknown>): Promise<Answer> => {
    const r = await fetch(`${w.url}/directCommand`, {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ command: 'encryptFile', ...await signed(), ...fields })
    })
    return { status: r.status, bytes: Buffer.from(await r.arrayBuffer()), headers: r.headers }
  }

  test('with rawData and with files', async () => {
    const text = await command({ rawData: 'grüße', encryptionType: 'ECIES' })
    assert.equal(text.headers.get('x-encrypted-by'), peer)
    assert.equal(openEcies(text.bytes).toString(), 'grüße')
    const file = w.files.add('by-command.bin', noise(3000, 'command'))
    assert.ok(openAes((await command({ files: file.object })).bytes).equals(file.bytes))
  })

  test('without either', async () => {
    refused(await command({}), 400, 'Invalid request: Missing data to encrypt, use one of ["files","rawData"]')
  })
})

describe('refused', () => {
  test('no body, other content types, other methods', async () => {
    const text = 'Invalid request (missing body data or invalid content-type)'
    refused(await encrypt(''), 400, text)
    refused(await encrypt('x', 'text/plain'), 400, text)
    refused(await encrypt('x', 'multipart/form-data; boundary=x'), 400, text)
    refused(await encrypt('x', 'application/octet-stream', { encryptMethod: 'rot13' }), 400,
      'Invalid parameter: "encryptionType" must be one of: AES,ECIES')
  })

  test('without a signature, and with one of another command; the origin is not asked', async () => {
    const file = w.files.add('unasked.bin', 'x')
    const bare = await post(`${w.url}/api/services/encryptFile`, file.object)
    assert.equal(bare.status, 401, bare.text)
    const r = await encrypt(JSON.stringify(file.object), 'application/json',
      { signature: await w.consumer.signMessage(getBytes(id(`${w.consumer.address}${nonce + 1}encrypt`))) })
    assert.equal(r.status, 401)
    assert.equal(file.hits, 0)
  })
})
