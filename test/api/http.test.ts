// SPDX-License-Identifier: Apache-2.0
// The frame around every command: names and paths, browsers' questions, what this node is not.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { World } from './fixtures.ts'
import { send } from './lib/api.ts'
import { http, post } from './lib/http.ts'

let w: World
before(async () => { w = await World.start({ compute: false }) })
after(async () => { await w.stop() })

/** What clients look up in `serviceEndpoints` of `GET /`. */
const endpoints: Record<string, [string, string]> = {
  getP2PPeers: ['GET', '/getP2PPeers'],
  getP2PPeer: ['GET', '/getP2PPeer'],
  directCommand: ['POST', '/directCommand'],
  fileInfo: ['POST', '/api/services/fileInfo'],
  decrypt: ['POST', '/api/services/decrypt'],
  encrypt: ['POST', '/api/services/encrypt'],
  encryptFile: ['POST', '/api/services/encryptFile'],
  initialize: ['GET', '/api/services/initialize'],
  nonce: ['GET', '/api/services/nonce'],
  download: ['GET', '/api/services/download'],
  getDDO: ['GET', '/api/aquarius/assets/ddo/:did/:force?'],
  getDDOMetadata: ['GET', '/api/aquarius/assets/metadata/:did/:force?'],
  ddoMetadataQuery: ['POST', '/api/aquarius/assets/metadata/query'],
  getDDOState: ['GET', '/api/aquarius/state/ddo'],
  validateDDO: ['POST', '/api/aquarius/assets/ddo/validate'],
  computeEnvironments: ['GET', '/api/services/computeEnvironments'],
  computeStart: ['POST', '/api/services/compute'],
  freeCompute: ['POST', '/api/services/freeCompute'],
  computeStop: ['PUT', '/api/services/compute'],
  computeStatus: ['GET', '/api/services/compute'],
  computeResult: ['GET', '/api/services/computeResult'],
  computeStreamableLogs: ['GET', '/api/services/computeStreamableLogs'],
  initializeCompute: ['POST', '/api/services/initializeCompute'],
  computeDelete: ['DELETE', '/api/services/compute'],
  indexQueue: ['GET', '/api/services/indexQueue'],
  jobs: ['GET', '/api/services/jobs/:job'],
  generateAuthToken: ['POST', '/api/services/auth/token'],
  invalidateAuthToken: ['POST', '/api/services/auth/token/invalidate']
}

describe('routes', () => {
  test('have the names and paths of the protocol', async () => {
    const root = JSON.parse((await http(`${w.url}/`)).text)
    for (const [name, route] of Object.entries(endpoints)) assert.deepEqual(root.serviceEndpoints[name], route, name)
    for (const path of ['/findPeer', '/getP2pNetworkStats', '/getProvidersForString']) {
      assert.deepEqual(root.serviceEndpoints[path], ['GET', path])
    }
  })

  test('are found in any letter case, with a slash at the end and doubled ones', async () => {
    for (const path of ['/API/services/COMPUTEENVIRONMENTS', '/api/services/computeEnvironments/', '//api///services/computeEnvironments']) {
      assert.equal((await http(w.url + path)).status, 200, path)
    }
    const r = await http(`${w.url}/DIRECTcommand/`, { method: 'POST', body: '{"command":"getComputeEnvironments"}' })
    assert.equal(r.status, 200)
  })

  test('answer HEAD as GET, without a body', async () => {
    for (const path of ['/', '/api/services/computeEnvironments', '/api/services/nonce', '/findPeer']) {
      const get = await http(w.url + path)
      const head = await http(w.url + path, { method: 'HEAD' })
      assert.equal(head.status, get.status, path)
      assert.equal(head.text, '')
      for (const name of ['content-type', 'content-length', 'etag']) assert.equal(head.headers.get(name), get.headers.get(name), `${path} ${name}`)
    }
    const r = await http(`${w.url}/directCommand`, { method: 'HEAD' })
    assert.equal(r.status, 404)
  })

  test('deleting a job is not implemented, anywhere', async () => {
    const r = await http(`${w.url}/api/services/compute`, { method: 'DELETE' })
    assert.equal(`${r.status} ${r.text}`, '404 Not yet implemented!')
  })
})

describe('an answer that the client has', () => {
  const tag = async (path: string, known?: string, method = 'GET') => {
    const r = await send(w.url + path, method, undefined, known === undefined ? {} : { 'if-none-match': known })
    return { ...r, etag: String(r.headers.etag) }
  }

  test('is told by its ETag, and not sent again', async () => {
    for (const path of ['/', '/api/services/computeEnvironments', `/api/services/nonce?userAddress=${w.consumer.address}`, '/openapi.json']) {
      const first = await tag(path)
      assert.match(first.etag, /^W\/"[0-9a-f]+-[0-9a-f]{16}"$/)
      assert.equal((await tag(path)).etag, first.etag, 'the same answer, the same tag')
      for (const known of [first.etag, first.etag.slice(2), `"x", ${first.etag}`, '*']) {
        const r = await tag(path, known)
        assert.deepEqual([r.status, r.text, r.etag, r.type, r.headers['content-length']], [304, '', first.etag, '', undefined], known)
        assert.equal(r.headers['access-control-allow-origin'], '*')
        assert.equal((await tag(path, known, 'HEAD')).status, 304)
      }
      for (const known of ['', '"x"', first.etag.replace(/-./, '-x')]) assert.equal((await tag(path, known)).status, 200, known)
    }
    assert.notEqual((await tag('/')).etag, (await tag('/openapi.json')).etag)
  })

  test('goes with no other answers', async () => {
    assert.equal((await http(`${w.url}/no/such/route`)).headers.get('etag'), null)
    assert.equal((await post(`${w.url}/directCommand`, { command: 'status' })).headers.get('etag'), null)
  })
})

describe('browsers', () => {
  test('ask first, and are told', async () => {
    for (const path of ['/', '/no/such/route', '/api/services/encrypt']) {
      const r = await http(w.url + path, {
        method: 'OPTIONS', headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,x-y' }
      })
      assert.equal(r.status, 204)
      assert.equal(r.text, '')
      const has = (name: string): string | null => r.headers.get(name)
      assert.equal(has('access-control-allow-origin'), '*')
      assert.equal(has('access-control-allow-methods'), 'GET,HEAD,PUT,PATCH,POST,DELETE')
      assert.equal(has('access-control-allow-headers'), 'authorization,x-y')
      assert.equal(has('vary'), 'Access-Control-Request-Headers')
      assert.equal(has('content-length'), '0')
    }
    const plain = await http(w.url, { method: 'OPTIONS' })
    assert.equal(plain.headers.get('access-control-allow-headers'), null)
    assert.equal(plain.headers.get('vary'), 'Access-Control-Request-Headers')
  })

  test('see the headers that clients read, on errors too', async () => {
    for (const path of ['/', '/no/such/route']) {
      const r = await http(w.url + path)
      assert.equal(r.headers.get('access-control-allow-origin'), '*')
      assert.equal(r.headers.get('access-control-expose-headers'),
        'Content-Disposition, Content-Length, Content-Range, X-Encrypted-By, X-Encrypted-Method')
    }
  })
})

describe('there is no peer-to-peer network here', () => {
  const no = '503 P2P Interface is disabled'

  test('by route', async () => {
    for (const path of ['/getP2pNetworkStats', '/findPeer?peerId=x&timeout=5', '/getP2PPeers', '/getP2PPeer?peerId=x',
      '/getProvidersForString?input=x']) {
      const r = await http(w.url + path)
      assert.equal(`${r.status} ${r.text}`, no, path)
    }
    const r = await post(`${w.url}/getProvidersForStrings?timeout=1`, ['a', 'b'])
    assert.equal(`${r.status} ${r.text}`, no)
  })

  test('by route, but what a request lacks is said first', async () => {
    for (const path of ['/findPeer', '/getP2PPeer', '/getProvidersForString']) {
      const r = await http(w.url + path)
      assert.equal(`${r.status} ${r.text}`, '400 Bad Request', path)
    }
    for (const body of [{}, ['a', 1]]) {
      const r = await post(`${w.url}/getProvidersForStrings`, body)
      assert.equal(`${r.status} ${r.text}`, '400 Expected an array of strings.', JSON.stringify(body))
    }
  })

  test('by command', async () => {
    for (const body of [{ command: 'getP2PNetworkStats' }, { command: 'findPeer', peerId: 'x' }, { command: 'getP2PPeers' },
      { command: 'getP2PPeer', peerId: 'x' }]) {
      const r = await post(`${w.url}/directCommand`, body)
      assert.equal(`${r.status} ${r.text}`, no, body.command)
    }
  })

  test('a command for another node is not run here', async () => {
    const { nodeId } = JSON.parse((await http(`${w.url}/`)).text)
    const command = { command: 'nonce', address: w.consumer.address }
    const ask = async (more: object): Promise<string> => {
      const r = await post(`${w.url}/directCommand`, { ...command, ...more })
      return `${r.status} ${r.text}`
    }
    assert.equal(await ask({}), '200 0')
    assert.equal(await ask({ node: nodeId }), '200 0')
    assert.equal(await ask({ node: '' }), '200 0')
    assert.equal(await ask({ node: null, multiAddrs: [] }), '200 0')
    assert.equal(await ask({ node: '16Uiu2HAmOther', multiAddrs: ['/ip4/127.0.0.1/tcp/9000'] }), no)
  })
})
