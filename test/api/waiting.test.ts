// SPDX-License-Identifier: Apache-2.0
// Servers that never answer: who names them makes a worker wait, and the node goes on all the same.
import assert from 'node:assert/strict'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { send, type Reply } from './lib/api.ts'
import { BareNode } from './lib/node.ts'
import { until } from './lib/process.ts'

const WORKERS = 4
let node: BareNode
before(async () => { node = await BareNode.start({ ALLOW_PRIVATE_URLS: 'true', ATOLL_WORKERS: String(WORKERS) }) })
after(async () => {
  const status = await node.program.stop()
  await node.stop()
  assert.equal(status, 0)
})

test('those who wait for strangers keep nobody waiting but their like', async () => {
  const held = new Set<Socket>()
  const silent = createServer((s) => { held.add(s); s.on('error', () => {}) })
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`
  const replies: Reply[] = []
  const body = JSON.stringify({ type: 'url', url, method: 'GET' })
  const asked = Array.from({ length: 3 * WORKERS }, async () =>
    replies.push(await send(`${node.url}/api/services/fileInfo`, 'POST', body)))
  // by the other door too, behind more bytes than are looked at before a worker has them
  const direct = send(`${node.url}/directCommand`, 'POST', JSON.stringify({ command: 'fileInfo', type: 'url', file: { url, method: 'GET' }, x: 'x'.repeat(300_000) }))

  await until('those who are asked', () => held.size === WORKERS / 2, 60_000)
  assert.equal((await send(`${node.url}/api/aquarius/assets/ddo/did:op:00`, 'GET')).status, 404)
  const job = await send(`${node.url}/api/services/compute`, 'POST', '{}')
  assert.equal(job.status, 400, 'those who sign have other workers')
  assert.deepEqual([held.size, replies.length], [WORKERS / 2, 0], 'nobody has stopped waiting')

  silent.close()
  for (const s of held) s.destroy()
  await Promise.all(asked)
  for (const r of replies) assert.deepEqual([r.status, JSON.parse(r.text)[0].valid], [200, false], r.text)
  assert.equal((await direct).status, 200)
})

test('a file that leads back to the node is refused, whatever headers its author gives it', async () => {
  const url = `http://somebody@127.0.0.1:${node.port}/` // a spelling that the node does not know for its own
  for (const headers of [{}, { 'x-atoll-node': 'another' }]) {
    const r = await send(`${node.url}/api/services/fileInfo`, 'POST', JSON.stringify({ type: 'url', url, method: 'GET', headers }))
    assert.deepEqual([r.status, JSON.parse(r.text)[0].valid], [200, false], r.text)
  }
})
