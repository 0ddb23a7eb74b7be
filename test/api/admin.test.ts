// SPDX-License-Identifier: Apache-2.0
// What administrators do: logs, configuration, reindexing, jobs, fees, the end of the node.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AccesslistFactory, ProviderInstance } from '@oceanprotocol/lib'
import { Wallet, ZeroAddress, formatEther, getBytes, keccak256, toUtf8Bytes, type HDNodeWallet } from 'ethers'
import { World } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { bare, fileInput, rawAlgorithm } from './lib/compute.ts'
import { noise } from './lib/files.ts'
import { http, post, type Reply } from './lib/http.ts'
import { sleep, until } from './lib/process.ts'

type Someone = HDNodeWallet | Wallet

let w: World
let admin: Wallet
let listed: Wallet

const anybody = (): Wallet => new Wallet(Wallet.createRandom().privateKey)

/** {address, nonce, signature} over a command, as clients sign. */
async function signed(who: Someone, command: string, url = w.url): Promise<Record<string, string>> {
  const nonce = String(await ProviderInstance.getNonce(url, who.address) + 1)
  const hash = keccak256(toUtf8Bytes(who.address + nonce + command))
  return { address: who.address, nonce, signature: await who.signMessage(getBytes(hash)) }
}

async function ask(command: string, fields: Record<string, unknown> = {}, who: Someone = admin): Promise<Reply> {
  return post(`${w.url}/directCommand`, { command, ...await signed(who, command), ...fields })
}

async function refused(reply: Promise<Reply>, status: number, text: string): Promise<void> {
  const r = await reply
  assert.deepEqual([r.status, r.text], [status, text])
}

const wrapped = (text: string): string => `The result is not the expected one: ${text}`
const json = async (reply: Promise<Reply>): Promise<any> => {
  const r = await reply
  assert.equal(r.status, 200, r.text)
  return JSON.parse(r.text)
}

before(async () => {
  admin = anybody()
  w = await World.start({ env: { ALLOWED_ADMINS: JSON.stringify([admin.address]), LOG_DB: 'true', LOG_FILES: 'true', LOG_LEVEL: 'silly' } })
  listed = anybody()
})
after(async () => { await w.stop() })

describe('who is an administrator', () => {
  const commands = ['stopNode', 'stopJob', 'reindexTx', 'reindexChain', 'handleIndexingThread', 'collectFees', 'getLogs',
    'fetchConfig', 'pushConfig']
  const fields = { jobId: '0x1-1', chainId: CHAIN, txId: `0x${'1'.repeat(64)}`, action: 'STOP_THREAD', tokenAddress: ZeroAddress,
    destinationAddress: ZeroAddress, config: {} }

  for (const command of commands) {
    test(`${command} is for administrators`, async () => {
      const someone = anybody()
      const mine = await signed(someone, command)
      await refused(post(`${w.url}/directCommand`, { command, ...mine, ...fields }), 400,
        'Signature check failed: The address which signed the message is not on the allowed admins list. ' +
        `Therefore signature ${mine.signature} is rejected`)
      // refused, but the nonce is used up
      await refused(post(`${w.url}/directCommand`, { command, ...mine, ...fields }), 400,
        `Signature check failed: nonce: ${mine.nonce} is not a valid nonce`)
      const wrong = { ...await signed(admin, command), ...fields, signature: mine.signature }
      await refused(post(`${w.url}/directCommand`, { command, ...wrong }), 400,
        'Signature check failed: consumer address and nonce signature mismatch')
      // signed for another command
      const other = await signed(admin, command === 'getLogs' ? 'stopNode' : 'getLogs')
      assert.equal((await post(`${w.url}/directCommand`, { command, ...other, ...fields })).status, 400)
    })
  }

  test('a token does not count', async () => {
    const who = admin.connect(w.chain.provider)
    const token = await ProviderInstance.generateAuthToken(who, w.url)
    for (const command of ['getLogs', 'fetchConfig']) {
      await refused(post(`${w.url}/directCommand`, { command, authorization: token }), 400,
        'Signature check failed: Invalid authentication, you need to provide either a token or an address, signature, message and nonce')
    }
    await refused(post(`${w.url}/directCommand`, { command: 'stopNode', authorization: token }), 400,
      'Missing one ( "nonce" ) or more required field(s) for command: "stopNode". Required fields: nonce,address,signature')
  })

  test('the node itself is none, an access list makes some, at once', async () => {
    const factory = new AccesslistFactory(String(w.chain.addresses.AccessListFactory), w.publisher, CHAIN)
    const contract = await factory.deployAccessListContract('Admins', 'ADM', ['one'], false, w.publisher.address, [listed.address])
    assert.equal((await ask('getLogs', {}, w.wallet)).status, 400)
    assert.equal((await ask('getLogs', {}, listed)).status, 400)
    await json(ask('pushConfig', { config: { allowedAdminsList: { [CHAIN]: [contract] } } }))
    assert.equal((await ask('getLogs', {}, listed)).status, 200)
    assert.equal((await ask('getLogs', {}, anybody())).status, 400)
    const status = await json(post(`${w.url}/directCommand`, { command: 'status' }))
    assert.deepEqual(status.allowedAdmins, { addresses: [admin.address], accessLists: { [CHAIN]: [contract] } })
    await json(ask('pushConfig', { config: { allowedAdminsList: {} } }, listed))
    assert.equal((await ask('getLogs', {}, listed)).status, 400)
  })
})

describe('the log', () => {
  const day = 24 * 3600 * 1000
  const logs = async (query: string, who: Someone = admin): Promise<Reply> => post(`${w.url}/logs?${query}`, await signed(who, 'getLogs'))

  test('ocean.js downloads it', async () => {
    const who = admin.connect(w.chain.provider)
    const now = Date.now()
    const lines = await ProviderInstance.downloadNodeLogs(w.url, who, String(now - day), String(now + day), 1000)
    const starts = lines.find((l) => /administrator/.test(l.message))
    assert.ok(starts, 'what an administrator did is in it')
    assert.equal(starts.level, 'info')
    assert.equal(starts.moduleName, 'OCEAN-NODE')
    assert.deepEqual(starts.meta, { part: 'node' })
    assert.ok(Math.abs(Date.parse(starts.timestamp) - now) < 3600_000)
    const times = lines.map((l) => Date.parse(l.timestamp))
    assert.deepEqual(times, [...times].sort((a, b) => b - a), 'newest first')
  })

  test('filters', async () => {
    const some = await json(logs('moduleName=http&level=http&maxLogs=3'))
    assert.equal(some.length, 3)
    for (const l of some) assert.deepEqual([l.moduleName, l.level], ['HTTP', 'http'])
    // each of our requests is a line itself, so that pages move on by one
    const pages = [await json(logs('level=http&maxLogs=2&page=1')), await json(logs('level=http&maxLogs=2&page=2'))]
    assert.notEqual(pages[0][0].id, pages[1][0].id)
    assert.deepEqual(await json(logs(`startTime=${new Date(Date.now() + day).toISOString()}&endTime=2099-01-01`)), [])
    assert.deepEqual(await json(logs(`startTime=2020-01-01&endTime=${encodeURIComponent('Wed, 01 Jan 2020 10:00:00 GMT')}`)), [])
    assert.deepEqual(await json(logs('level=fatal')), [])
    assert.ok((await json(logs('maxLogs=100000'))).length <= 1000)
    assert.deepEqual(await json(logs('maxLogs=0')), [])
    assert.deepEqual(await json(logs('page=9007199254740991')), [])
  })

  test('one line, by the body, by the path, by the command', async () => {
    const [first] = await json(logs('maxLogs=1&level=info'))
    const body = await signed(admin, 'getLogs')
    assert.deepEqual(await json(post(`${w.url}/log/${first.id}`, body)), first)
    assert.deepEqual(await json(post(`${w.url}/log/:id`, { ...await signed(admin, 'getLogs'), logId: first.id })), first)
    assert.deepEqual(await json(ask('getLogs', { logId: first.id })), first)
    await refused(ask('getLogs', { logId: '999999999' }), 404, 'Log not found')
    await refused(post(`${w.url}/log/x`, await signed(admin, 'getLogs')), 404, '{"error":"Log not found"}')
    await refused(post(`${w.url}/log/:id`, await signed(admin, 'getLogs')), 400, '{"error":"id is missing"}')
  })

  test('bad input is answered, and never ends the process', async () => {
    const r = await logs('startTime=yesterday')
    assert.deepEqual([r.status, r.text], [400, '{"error":"Error retrieving logs: startTime is neither a date nor milliseconds: \\"yesterday\\""}'])
    assert.equal((await logs('maxLogs=many')).status, 400)
    for (const body of ['{}', '[]', '', 'null', '"x"', '{"logId":', '{"logId":{}}', `{"logId":"${'9'.repeat(5000)}"}`, '\u0000']) {
      const bad = await post(`${w.url}/log/x`, body)
      assert.equal(bad.status, 400, `${body}: ${bad.text}`)
      assert.equal(typeof JSON.parse(bad.text).error, 'string')
    }
    assert.equal((await http(`${w.url}/log/${'x'.repeat(3000)}`, { method: 'POST' })).status, 400)
    const large = await post(`${w.url}/logs`, { x: 'y'.repeat(200_000) }).catch(() => null)
    assert.ok(!large || large.status === 413)
    assert.ok(w.node.running)
    assert.equal((await logs('maxLogs=1')).status, 200)
  })

  test('files hold it as lines of JSON', async () => {
    const lines = readFileSync(join(w.dir, 'node', 'logs', 'atoll.log'), 'utf8').trim().split('\n').map((l) => JSON.parse(l))
    assert.ok(lines.some((l) => /listening/.test(l.message) && l.level === 'info'))
    assert.equal(statSync(join(w.dir, 'node', 'logs', 'atoll.log')).mode & 0o77, 0)
  })
})

describe('the configuration', () => {
  const own = (): string => join(w.dir, 'node', 'config.json')
  const push = (config: unknown): Promise<Reply> => ask('pushConfig', { config })

  test('is read by command, by query, by headers and by a body', async () => {
    const config = await json(ask('fetchConfig'))
    assert.equal(config.keys.privateKey, '[*** HIDDEN CONTENT ***]')
    assert.equal(config.jwtSecret, '[*** HIDDEN CONTENT ***]')
    assert.deepEqual(config.allowedAdmins, [admin.address])
    const query = new URLSearchParams(await signed(admin, 'fetchConfig'))
    assert.deepEqual(await json(http(`${w.url}/api/admin/config?${query}`)), config)
    assert.deepEqual(await json(http(`${w.url}/api/admin/config`, { headers: await signed(admin, 'fetchConfig') })), config)
    const all = JSON.stringify(config)
    for (const secret of [w.wallet.privateKey.slice(2), 'a secret of the tests']) assert.ok(!all.includes(secret))
    await refused(http(`${w.url}/api/admin/config`), 400, '{"error":"Signature check failed: Invalid authentication, ' +
      'you need to provide either a token or an address, signature, message and nonce"}')
  })

  test('a change counts at once and after a restart', async () => {
    const ddo = { '@context': [], id: 'x', version: '4.1.0' }
    const r = await post(`${w.url}/api/admin/config/update`, {
      ...await signed(admin, 'pushConfig'), config: { validateUnsignedDDO: false, httpBind: '127.0.0.1', rateLimit: 1000 }
    })
    const config = await json(Promise.resolve(r))
    assert.equal(config.validateUnsignedDDO, false)
    assert.equal(config.keys.privateKey, '[*** HIDDEN CONTENT ***]')
    assert.equal(r.headers.get('x-config-restart'), 'httpBind')
    assert.equal(r.headers.get('x-config-overridden'), 'rateLimit', 'MAX_REQ_PER_MINUTE wins')
    assert.notEqual((await post(`${w.url}/api/aquarius/assets/ddo/validate`, { ddo })).status, 500)
    assert.deepEqual(JSON.parse(readFileSync(own(), 'utf8')),
      { allowedAdminsList: {}, validateUnsignedDDO: false, httpBind: '127.0.0.1', rateLimit: 1000 })
    assert.equal(statSync(own()).mode & 0o77, 0)
    // killed right behind it, the node starts with it
    w.node.kill('SIGKILL')
    await w.node.end()
    await w.startNode()
    const again = await ask('fetchConfig')
    assert.equal(JSON.parse(again.text).validateUnsignedDDO, false)
    assert.equal(again.headers.get('x-config-restart'), null)
    await json(push({ validateUnsignedDDO: true, httpBind: null }))
  })

  test('what was shown may come back', async () => {
    const before = readFileSync(own(), 'utf8')
    const config = await json(ask('fetchConfig'))
    assert.deepEqual(await json(push(config)), config)
    assert.equal(readFileSync(own(), 'utf8'), before)
  })

  test('the deny list and the level of the log', async () => {
    await json(push({ denyList: { ips: ['127.0.0.1', '::1'] } }))
    await refused(http(w.url), 403, 'Unauthorized request')
    w.node.kill('SIGTERM')
    assert.equal(await w.node.end(), 0)
    const file = JSON.parse(readFileSync(own(), 'utf8'))
    delete file.denyList
    writeFileSync(own(), JSON.stringify(file))
    await w.startNode()
    assert.equal((await http(w.url)).status, 200)
  })

  test('is refused as a whole', async () => {
    const before = readFileSync(own(), 'utf8')
    const cases: Array<[unknown, number, RegExp]> = [
      ['x', 400, /^Config must be a valid object$/],
      [[], 400, /^Config must be a valid object$/],
      [7, 400, /^Config must be a valid object$/],
      [{ validateUnsignedDDO: false, rateLimit: -1 }, 400, /^Config validation failed: rateLimit: must be a whole number/],
      [{ allowedAdmins: ['0x1'] }, 400, /^Config validation failed: /],
      [{ keys: { privateKey: `0x${'2'.repeat(64)}` } }, 400, /^Config validation failed: keys.privateKey: is only read from/],
      [{ dockerComputeEnvironments: [{ environments: 5 }] }, 400, /^Config validation failed: dockerComputeEnvironments/],
      [{ data: '/elsewhere' }, 400, /^Config validation failed: data/],
      [{ cronDeleteDbLogs: 'never' }, 400, /^Config validation failed: cronDeleteDbLogs: /]
    ]
    for (const [config, status, text] of cases) {
      const r = await push(config)
      assert.equal(r.status, status, r.text)
      assert.match(r.text, text)
    }
    await refused(ask('pushConfig'), 400,
      'Missing one ( "config" ) or more required field(s) for command: "pushConfig". Required fields: config')
    assert.equal(readFileSync(own(), 'utf8'), before)
    writeFileSync(own(), '{')
    const r = await push({ rateLimit: 1 })
    assert.equal(r.status, 400)
    assert.match(r.text, /^Config validation error: Invalid JSON in config file: /)
    writeFileSync(own(), before)
    mkdirSync(`${own()}.tmp`)
    const unwritten = await push({ rateLimit: 1, validateUnsignedDDO: false })
    rmdirSync(`${own()}.tmp`)
    assert.equal(unwritten.status, 500)
    assert.match(unwritten.text, /^Error pushing config: /)
    assert.equal(readFileSync(own(), 'utf8'), before)
    assert.equal((await json(ask('fetchConfig'))).validateUnsignedDDO, true)
  })

  test('killed at any moment, the file is whole', async () => {
    for (let i = 0; i < 4; i++) {
      const nonce = await ProviderInstance.getNonce(w.url, admin.address)
      const pushes = Array.from({ length: 8 }, async (_, k) => {
        const n = String(nonce + 1 + k)
        const signature = await admin.signMessage(getBytes(keccak256(toUtf8Bytes(`${admin.address}${n}pushConfig`))))
        return post(`${w.url}/directCommand`, {
          command: 'pushConfig', address: admin.address, nonce: n, signature, config: { authorizedDecrypters: [], note: 'x'.repeat(100_000 + k) }
        }).catch(() => null)
      })
      await sleep(i * 15)
      w.node.kill('SIGKILL')
      await w.node.end()
      await Promise.all(pushes)
      JSON.parse(readFileSync(own(), 'utf8'))
      await w.startNode()
    }
    await json(push({ note: null }))
  })
})

describe('the indexer', () => {
  const job = async (id: string): Promise<any> => (await json(http(`${w.url}/api/services/jobs/${id}`))).jobs[0]
  const ended = (id: string): Promise<any> => until(`end of ${id}`, async () => {
    const j = await job(id)
    return j?.status !== 'PENDING' ? j : null
  }, 60_000)

  test('a transaction is looked at again', async () => {
    const tx = await w.publisher.sendTransaction({ to: w.publisher.address })
    await tx.wait()
    const r = await json(ask('reindexTx', { chainId: CHAIN, txId: tx.hash }))
    assert.equal(r.command, 'reindexTx')
    assert.equal(r.status, 'DELIVERED')
    assert.equal(r.jobId, `reindexTx_${r.timestamp}`)
    assert.match(r.hash, /^0x[0-9a-f]{64}$/)
    assert.equal((await ended(r.jobId)).status, 'SUCCESS')
    const none = await json(ask('reindexTx', { chainId: CHAIN, txId: `0x${'9'.repeat(64)}` }))
    assert.equal((await ended(none.jobId)).status, 'FAILURE')
    const ids = (await ProviderInstance.getNodeJobs(w.url)).map((j) => j.jobId)
    assert.ok(ids.includes(r.jobId) && ids.includes(none.jobId), 'ocean.js sees them')
    assert.deepEqual((await json(http(`${w.url}/api/services/jobs/:job?fromTimestamp=${Date.now() + 60_000}`))).jobs, [])
    assert.deepEqual((await json(http(`${w.url}/api/services/jobs/nothing`))).jobs, [])
  })

  test('a chain is indexed anew, whatever happens to the process', async () => {
    const asset = await w.market.publish({ name: 'stays', files: [w.files.add('stays', 'x').object] })
    const r = await json(ask('reindexChain', { chainId: CHAIN }))
    w.node.kill('SIGKILL')
    await w.node.end()
    await w.startNode()
    assert.equal((await ended(r.jobId)).status, 'SUCCESS')
    assert.equal((await w.market.aquarius.resolve(asset.did))?.id, asset.did)
  })

  test('threads stop and start', async () => {
    const block = async (): Promise<number> => {
      const s = await json(post(`${w.url}/directCommand`, { command: 'status' }))
      return Number(s.indexer[0].block)
    }
    await refused(ask('handleIndexingThread', { action: 'STOP_THREAD', chainId: CHAIN }), 200, 'OK')
    await refused(ask('handleIndexingThread', { action: 'STOP_THREAD' }), 400, 'Unable to stop indexing thread(s)!')
    await refused(ask('reindexChain', { chainId: CHAIN }), 400,
      wrapped('Unable to reset crawling, worker thread is not valid/running?'))
    const txId = `0x${'1'.repeat(64)}`
    await refused(ask('reindexTx', { chainId: CHAIN, txId }), 400,
      wrapped(`Unable to reindex tx ${txId}, worker thread is not valid/running?`))
    await (await w.publisher.sendTransaction({ to: w.publisher.address })).wait()
    const head = await w.chain.provider.getBlockNumber()
    assert.ok(await block() < head)
    await refused(ask('handleIndexingThread', { action: 'START_THREAD' }), 200, 'OK')
    await until('the newest block', async () => await block() >= head, 60_000)
    await refused(ask('handleIndexingThread', { action: 'START_THREAD', chainId: CHAIN }), 200, 'OK')
    await refused(ask('handleIndexingThread', { action: 'START_THREAD', chainId: 1 }), 400, 'Unable to start indexing thread(s)!')
    await refused(ask('handleIndexingThread', { action: 'DANCE', chainId: 1 }), 400,
      'Missing or invalid "action" and/or "chainId" fields for command: "{"command":"handleIndexingThread","action":"DANCE","chainId":1}".')
    await refused(ask('handleIndexingThread'), 400,
      'Missing or invalid "action" and/or "chainId" fields for command: "{"command":"handleIndexingThread"}".')
  })

  test('bad input', async () => {
    for (const txId of ['0x12', 'x', `0x${'g'.repeat(64)}`, '1'.repeat(64)]) {
      await refused(ask('reindexTx', { chainId: CHAIN, txId }), 400, 'Invalid format for transaction ID.')
    }
    const txId = `0x${'1'.repeat(64)}`
    await refused(ask('reindexTx', { chainId: 5, txId }), 400, wrapped("Chain ID 5 is not supported in the node's config"))
    await refused(ask('reindexChain', { chainId: 5 }), 400, wrapped("Chain ID 5 is not supported in the node's config"))
    await refused(ask('reindexTx', { chainId: CHAIN }), 400, 'Missing one ( "txId" ) or more required field(s) for command: ' +
      '"reindexTx". Required fields: nonce,address,signature,chainId,txId')
  })
})

describe('stopJob', () => {
  test("stops anybody's job", async () => {
    const [cluster] = (await json(post(`${w.url}/directCommand`, { command: 'status' }))).c2dClusters
    for (const id of ['x', '-x', `${cluster.hash}-`, '']) {
      await refused(ask('stopJob', { jobId: id }), 400, 'Invalid jobId format: expected "<hash>-<jobId>"')
    }
    await refused(ask('stopJob', { jobId: `0x12-${'0'.repeat(64)}` }), 400, 'Invalid C2D Environment')
    assert.deepEqual(await json(ask('stopJob', { jobId: `${cluster.hash}-${'0'.repeat(64)}` })), [])
    const job = await w.compute.startFree(await w.compute.environment(), {
      who: w.consumer, datasets: [], algorithm: await rawAlgorithm('trap "exit 1" TERM; while :; do sleep 1; done')
    })
    await w.compute.wait(job.jobId, w.consumer, 'a running job', (j) => j.status === 40)
    const [stopped] = await json(ask('stopJob', { jobId: job.jobId }))
    assert.equal(bare(stopped.jobId), bare(job.jobId))
    assert.ok((await w.compute.end(job.jobId, w.consumer)).dateFinished)
  })
})

describe('collectFees', () => {
  const to = anybody().address
  const collect = (fields: Record<string, unknown>): Promise<Reply> =>
    ask('collectFees', { chainId: CHAIN, tokenAddress: w.chain.ocean, destinationAddress: to, ...fields })
  const held = (): Promise<bigint> => w.chain.balance(w.chain.ocean, w.wallet.address)

  before(async () => {
    const give = w.chain.erc20(w.chain.ocean, w.chain.account(0)).getFunction('transfer')
    await (await give(w.wallet.address, 10n * 10n ** 18n)).wait()
  })

  test('an amount, then all the rest', async () => {
    const all = await held()
    const r = await json(collect({ tokenAmount: 1.5 }))
    assert.equal(r.message, 'Fees successfully transfered to admin!')
    const receipt = await w.chain.provider.getTransactionReceipt(r.tx)
    assert.equal(receipt?.status, 1, 'it is mined when the answer comes')
    assert.equal(await w.chain.balance(w.chain.ocean, to), 15n * 10n ** 17n)
    assert.equal(await held(), all - 15n * 10n ** 17n)
    const again = await json(collect({ tokenAmount: '1.5', node: (await json(http(w.url))).nodeId }))
    assert.notEqual(again.tx, r.tx)
    await json(collect({}))
    assert.equal(await held(), 0n)
    assert.equal(await w.chain.balance(w.chain.ocean, to), all)
    await refused(collect({}), 400, wrapped('Amount too high to transfer! Balance: 0 vs. amount provided: 0'))
    await refused(collect({ tokenAmount: 1 }), 400,
      wrapped('Amount too high to transfer! Balance: 0 vs. amount provided: 1000000000000000000'))
  })

  test('a token has its own decimals', async () => {
    const usdc = String(w.chain.addresses.MockUSDC)
    await (await w.chain.erc20(usdc, w.chain.account(0)).getFunction('transfer')(w.wallet.address, 5_000_000n)).wait()
    await json(collect({ tokenAddress: usdc, tokenAmount: '2.5' }))
    assert.equal(await w.chain.balance(usdc, to), 2_500_000n)
    await refused(collect({ tokenAddress: usdc, tokenAmount: '0.0000001' }), 400,
      wrapped("'0.0000001' is not an amount above zero with at most 6 decimals"))
  })

  test('a token that answers false instead of reverting has moved nothing', async () => {
    // transfer() is 0, and everything else, balanceOf() and decimals() too, is 18
    const code = '0x6018600c60003960186000f360003560e01c63a9059cbb141560120260005260206000f3'
    const made = await (await w.chain.account(0).sendTransaction({ data: code })).wait()
    const r = await collect({ tokenAddress: String(made?.contractAddress) })
    assert.deepEqual([r.status, r.text], [404, 'Reverted transaction: the token has moved nothing'])
    const receipt = await w.chain.provider.getTransactionReceipt(String(r.headers.get('x-transaction')))
    assert.equal(receipt?.status, 1, 'the chain has it all the same')
  })

  test('the native coin, and all of it but what the transfer costs', async () => {
    const native = { tokenAddress: ZeroAddress }
    await json(collect({ ...native, tokenAmount: '0.25' }))
    assert.equal(await w.chain.provider.getBalance(to), 25n * 10n ** 16n)
    const before = await w.chain.provider.getBalance(w.wallet.address)
    await refused(collect({ ...native, tokenAmount: 1000 }), 400,
      wrapped(`Amount too high to transfer native token! Balance: ${before} vs. amount provided: ${10n ** 21n}`))
    await json(collect(native))
    assert.ok(await w.chain.provider.getBalance(to) > before)
    assert.ok(await w.chain.provider.getBalance(w.wallet.address) < 10n ** 16n)
    const left = await w.chain.provider.getBalance(w.wallet.address)
    await refused(collect({ ...native, tokenAmount: formatEther(left) }), 400,
      wrapped(`Amount too high to transfer native token! Balance: ${left} vs. amount provided: ${left}`))
    await w.chain.provider.send('anvil_setBalance', [w.wallet.address, '0x8ac7230489e80000'])
  })

  test('the same request twice is one transfer', async () => {
    await (await w.chain.erc20(w.chain.ocean, w.chain.account(0)).getFunction('transfer')(w.wallet.address, 10n ** 18n)).wait()
    const asked = w.log.match(/collectFees by administrator/g)?.length ?? 0
    await w.chain.provider.send('evm_setAutomine', [false])
    try {
      const first = collect({ tokenAmount: '0.5' })
      await until('the transfer in the pool', async () =>
        (await w.chain.provider.send('txpool_status', [])).pending !== '0x0', 60_000)
      const second = collect({ tokenAmount: '0.5' })
      await until('the second request', () => w.log.match(/collectFees by administrator/g)?.length === asked + 2, 60_000)
      await w.chain.provider.send('evm_mine', [])
      const [a, b] = await Promise.all([first, second].map(json))
      assert.equal(a.tx, b.tx)
    } finally {
      await w.chain.provider.send('evm_setAutomine', [true])
    }
    assert.equal(await held(), 5n * 10n ** 17n)
  })

  test('the node ends while a transfer is under way', async () => {
    await w.chain.provider.send('evm_setAutomine', [false])
    try {
      const reply = collect({})
      await until('the transfer', async () => (await w.chain.provider.send('txpool_status', [])).pending !== '0x0', 60_000)
      w.node.kill('SIGTERM')
      const r = await reply
      assert.deepEqual([r.status, r.text], [404, 'Receipt does not exist'])
      assert.equal(await w.node.end(), 0)
      await w.startNode()
      const again = collect({})
      await until('the same request', () => w.node.output.includes('collectFees by administrator'), 60_000)
      await w.chain.provider.send('evm_mine', [])
      assert.equal((await json(again)).tx, r.headers.get('x-transaction'), 'it was not sent twice')
    } finally {
      await w.chain.provider.send('evm_setAutomine', [true])
    }
    assert.equal(await held(), 0n)
  })

  test('bad input', async () => {
    const address = 'Invalid format for token address or destination address.'
    await refused(collect({ tokenAddress: '0x1' }), 400, address)
    await refused(collect({ destinationAddress: 'me' }), 400, address)
    await refused(collect({ destinationAddress: ZeroAddress }), 400, address)
    await refused(collect({ chainId: 5 }), 400, wrapped("Chain ID 5 is not supported in the node's config"))
    for (const tokenAmount of ['0', '-1', '1e18', 'x', '0x1', `${'9'.repeat(100)}`]) {
      const r = await collect({ tokenAmount })
      assert.equal(r.status, 400, r.text)
      assert.match(r.text, /is not an amount above zero/)
    }
    const other = await collect({ node: 'somebody' })
    assert.equal(other.status, 400)
    assert.match(other.text, /^The result is not the expected one: Cannot run this command \{.*"node":"somebody".*\} on a different node\.$/)
    assert.doesNotMatch(other.text, /signature/)
    const none = await collect({ tokenAddress: anybody().address, tokenAmount: 1 })
    assert.equal(none.status, 500)
    assert.match(none.text, /^Error in collecting provider fees: /)
  })
})

describe('secrets', () => {
  test('are in no line, no file and no answer', async () => {
    const good = w.files.add('geheim/path', noise(100, 'secret'))
    const bad = { ...good.object, url: `${w.files.url('gone')}?token=geheim` }
    for (const [file, status] of [[good.object, 200], [bad, 501]] as const) {
      const asset = await w.market.publish({ name: 'secret', files: [file], price: 0 })
      const tx = await w.market.buy(asset, w.consumer)
      const r = await http(await w.market.downloadUrl(asset, tx, w.consumer))
      assert.equal(r.status, status, r.text)
    }
    const job = await w.compute.startFree(await w.compute.environment(), {
      who: w.consumer, algorithm: await rawAlgorithm('true'), datasets: [fileInput(bad)]
    })
    await w.compute.end(job.jobId, w.consumer)
    const file = readFileSync(join(w.dir, 'node', 'logs', 'atoll.log'), 'utf8')
    const answer = JSON.stringify(await json(post(`${w.url}/logs?maxLogs=1000`, await signed(admin, 'getLogs'))))
    for (const [name, text] of [['console', w.log], ['file', file], ['answer', answer]] as const) {
      for (const secret of [w.wallet.privateKey.slice(2), 'a secret of the tests', 'geheim']) {
        assert.ok(!text.includes(secret), `${secret} in ${name}`)
      }
      assert.doesNotMatch(text, /[0-9a-f]{128}/i, `a signature in ${name}`)
      assert.doesNotMatch(text, /eyJ[\w-]{20}/, `a token in ${name}`)
      assert.match(text, /http/, `${name} holds something`)
    }
    const folder = join(w.dir, 'node')
    const databases = readdirSync(folder).filter((n) => /\.(db|sqlite)(-wal)?$/.test(n))
    assert.ok(databases.length > 0)
    for (const name of databases) {
      const kept = readFileSync(join(folder, name))
      assert.ok(!kept.includes('geheim'), `what a file object names is readable in ${name}`)
    }
  })
})

describe('old lines', () => {
  test('go when the cron expression says so, which may change', async () => {
    const before = String(Date.now())
    const old = async (): Promise<unknown[]> => json(ask('getLogs', { startTime: '0', endTime: before }))
    assert.ok((await old()).length > 0)
    await json(ask('pushConfig', { config: { cronDeleteDbLogs: '* * * * * *', logRetention: 1 } }))
    await until('the end of old lines', async () => (await old()).length === 0, 60_000)
    await json(ask('pushConfig', { config: { cronDeleteDbLogs: null, logRetention: null } }))
    const files = readdirSync(join(w.dir, 'node', 'logs')).filter((f) => f !== 'atoll.log')
    assert.ok(files.length <= 14, files.join(' '))
  })
})

describe('stopNode', () => {
  test('ends the process, with status 0, within 5 s', async () => {
    const slow = http(`${w.url}/api/services/computeEnvironments`)
    const asked = Date.now()
    await refused(ask('stopNode'), 200, 'EXIT OK')
    assert.equal(await w.node.end(), 0)
    assert.ok(Date.now() - asked < 5000)
    assert.equal((await slow).status, 200)
    assert.ok(existsSync(join(w.dir, 'node', 'atoll.sqlite')))
  })
})
