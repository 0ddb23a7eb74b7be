// SPDX-License-Identifier: Apache-2.0
// The program as people use it for solutions: packages by an operator, deployments by a customer, by exit statuses and --json alone;
// Ctrl-C on the way; and what a node that is gone has left.
import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { atoll } from './lib/chain.ts'
import { until } from './lib/process.ts'
import { Services, helloPackage } from './lib/services.ts'
import { Session } from './lib/session.ts'

let s: Services
let pool: string
before(async () => {
  s = await Services.begin((w) => ({ ALLOWED_ADMINS: JSON.stringify([w.publisher.address]) }), [])
})
after(async () => { await s?.stop() })

interface Ran { code: number; out: string; err: string; json: any }
const begin = (key: string, args: string[]): ChildProcess => spawn(atoll, args, {
  env: { PATH: process.env.PATH, NODE_URL: s.w.url, RPC: s.w.chain.url, ADDRESS_FILE: s.w.chain.addressFile, PRIVATE_KEY: key }
})
/** 128 + the number of the signal when one ended it, as a shell has it. */
const ended = (p: ChildProcess): Promise<Ran> => new Promise((resolve, reject) => {
  let [out, err] = ['', '']
  p.stdout?.setEncoding('utf8').on('data', (t: string) => { out += t })
  p.stderr?.setEncoding('utf8').on('data', (t: string) => { err += t })
  p.on('error', reject).on('close', (code, signal) => {
    let json: unknown
    try { json = JSON.parse(out) } catch { json = undefined }
    resolve({ code: signal === 'SIGINT' ? 130 : code ?? 1, out, err, json })
  })
})
const operator = (...args: string[]): Promise<Ran> => ended(begin(s.w.publisher.privateKey, [...args, '--json']))
const mine = (...args: string[]): Promise<Ran> => ended(begin(s.w.consumer.privateKey, [...args, '--json']))
const good = async (r: Promise<Ran>): Promise<any> => {
  const x = await r
  assert.equal(x.code, 0, x.err)
  assert.equal(x.err, '', 'a program that reads the result is told nothing else')
  return x.json
}
/** Exit status 1 and one line of JSON on the error stream, nothing on the other. */
const bad = async (r: Promise<Ran>, why: RegExp): Promise<void> => {
  const x = await r
  assert.equal(x.code, 1, x.out + x.err)
  assert.equal(x.out, '')
  assert.match(JSON.parse(x.err).error, why)
}
const list = async (): Promise<any[]> => (await good(mine('service', 'list'))).deployments
const info = (name: string): Promise<any> => good(mine('service', 'info', name))
const becomes = (name: string, ok: (d: any) => boolean): Promise<any> => until(`${name} changes`, async () => {
  const d = await info(name)
  return ok(d) ? d : null
}, 120_000, 200)
const answers = (name: string): string[] => [`name=${name}`, 'size=small', `pool=${pool}`, 'greeting=hello there'].flatMap((x) => ['--set', x])

describe('atoll package', () => {
  test('add, list, info, stop, start: an operator\'s, and nobody else\'s', async () => {
    const folder = helloPackage(s.w.dir, { raw: true })
    assert.equal((await operator('backup', 'list', '--accept-terms')).code, 0)
    await mine('backup', 'list', '--accept-terms')
    await bad(mine('package', 'add', folder), /administrator/)
    await bad(operator('package', 'add', '/no/such/folder'), /./)
    assert.equal((await good(operator('package', 'add', folder))).name, 'hello')
    await good(operator('package', 'add', helloPackage(s.w.dir, { version: '2', raw: true })))
    assert.ok((await good(mine('package', 'list'))).packages.some((p: any) => p.name === 'hello' && p.offered))
    const p = await good(mine('package', 'info', 'hello'))
    assert.equal(p.version, '2')
    assert.deepEqual(p.sizes.map((z: any) => z.name), ['small', 'large'])
    await bad(mine('package', 'info', 'nothing-of-that-name'), /no package/i)
    await good(operator('package', 'stop', 'hello'))
    await bad(mine('service', 'deploy', 'hello', '--set', 'name=x', '--yes'), /hello/)
    await good(operator('package', 'start', 'hello'))
    await bad(mine('package', 'remove', 'hello'), /administrator/)
  })

  test('atoll pool: the operator gives, the customer sees it', async () => {
    const made = await good(operator('pool', 'create', 'quota', '--owner', s.w.consumer.address, '--amount', '1000', '--token', s.w.chain.ocean))
    pool = made.id
    assert.equal((await good(mine('pool', 'info', pool))).balance.amount, `1000${'0'.repeat(18)}`)
  })
})

describe('atoll service', () => {
  test('deploy --yes waits until it runs, and shows passwords once', async () => {
    const quote = await good(mine('service', 'deploy', 'hello', '--version', '1', ...answers('first')))
    assert.ok(BigInt(quote.quote.perHour.amount) > 0n && quote.id === undefined, 'without --yes there is a price, and nothing else')
    assert.deepEqual(await list(), [])
    const r = await good(mine('service', 'deploy', 'hello', '--version', '1', ...answers('first'), '--yes'))
    assert.equal(r.deployment.state, 'running')
    assert.match(r.credentials[0].value, /^\S{24}$/)
    assert.match(await (await fetch(`http://127.0.0.1:${r.deployment.ports[0].port}/index.html`)).text(), /^v1\nhello there\n/)
    await bad(mine('service', 'credentials', 'first'), /shown already/)
    assert.deepEqual((await list()).map((d) => [d.name, d.state]), [['first', 'running']])
    assert.ok((await info('first')).containers.every((c: any) => c.state === 'running'))
    const shown = await ended(begin(s.w.consumer.privateKey, ['service', 'info', r.id, '--get', 'name']))
    assert.deepEqual([shown.code, shown.out], [0, 'first\n'])
  })

  test('what is wrong is 1 with its reason, wrong usage is 2', async () => {
    await bad(mine('service', 'deploy', 'hello', ...answers('first'), '--yes'), /is the name of another deployment of yours/)
    await bad(mine('service', 'deploy', 'nothing-of-that-name', '--yes'), /no package/i)
    await bad(mine('service', 'deploy', 'hello', ...answers('second'), '--set', 'size=huge', '--yes'), /size/)
    await bad(mine('service', 'info', 'nobody'), /no deployment 'nobody'/)
    await bad(operator('service', 'stop', 'first'), /no deployment 'first'/)
    await bad(mine('service', 'start', 'first'), /running/)
    await bad(mine('service', 'resize', 'first', 'huge'), /size/)
    await bad(mine('service', 'extend', 'first'), /--for/)
    await bad(mine('service', 'delete', 'first'), /--confirm/)
    await bad(mine('service', 'delete', 'first', '--confirm', 'second'), /give its name/)
    for (const args of [['service'], ['service', 'dance'], ['service', 'list', '--loud'], ['service', 'info'], ['service', 'resize', 'first'], ['package', 'add'], ['service', 'clean'], ['service', 'clean', 'x']]) {
      assert.equal((await ended(begin(s.w.consumer.privateKey, args))).code, 2, args.join(' '))
    }
    const away = await ended(begin(s.w.consumer.privateKey, ['service', 'list', '--json', '--node', 'http://127.0.0.1:1']))
    assert.equal(away.code, 1)
    assert.match(JSON.parse(away.err).error, /./)
    assert.deepEqual((await s.operator.read('/marketplace/api/admin/deployments')).deployments.length, 1, 'nothing was made')
  })

  test('many at a time, with one key', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => mine('service', 'list')))
    assert.deepEqual(all.map((r) => [r.code, r.err]), Array(6).fill([0, '']))
  })

  test('stop, start, restart, extend, resize, update, rollback, logs, metrics', async () => {
    await good(mine('service', 'stop', 'first'))
    await becomes('first', (d) => d.state === 'stopped')
    await good(mine('service', 'start', 'first'))
    await becomes('first', (d) => d.state === 'running')
    await good(mine('service', 'extend', 'first', '--for', '86400'))
    const left = (await info('first')).ends - Date.now()
    assert.ok(left > 86_000_000 && left <= 86_400_000, String(left))
    await good(mine('service', 'extend', 'first', '--open-end'))
    assert.equal((await info('first')).ends, null)
    await good(mine('service', 'resize', 'first', 'large'))
    await becomes('first', (d) => d.state === 'running' && d.size === 'large')
    await good(mine('service', 'update', 'first'))
    await becomes('first', (d) => d.state === 'running' && d.version === '2')
    await good(mine('service', 'rollback', 'first'))
    await becomes('first', (d) => d.state === 'running' && d.version === '1')
    await good(mine('service', 'restart', 'first'))
    await becomes('first', (d) => d.state === 'running' && d.timeline.some((t: any) => t.step === 'restart'))
    assert.match((await mine('service', 'logs', 'first', '--container', 'web')).out, /started v1/)
    assert.ok((await good(mine('service', 'metrics', 'first', '--range', 'day'))).step_s > 0)
    await bad(mine('service', 'metrics', 'first', '--range', 'year'), /./)
  })

  test('Ctrl-C while it deploys: it goes on without us', async () => {
    const p = begin(s.w.consumer.privateKey, ['service', 'deploy', 'hello', ...answers('alone'), '--yes', '--json'])
    const end = ended(p)
    await until('its deployment', async () => (await list()).some((d) => d.name === 'alone'))
    p.kill('SIGINT')
    assert.ok([0, 130].includes((await end).code), 'killed, or it was faster')
    assert.equal((await becomes('alone', (d) => d.state === 'running')).name, 'alone')
    assert.equal((await good(mine('service', 'credentials', 'alone')).catch(() => null))?.credentials.length ?? 1, 1)
  })

  test('Ctrl-C in a conversation: it is taken up where it was', async () => {
    const p = begin(s.w.consumer.privateKey, ['service', 'deploy', '--interactive', 'hello'])
    let said = ''
    p.stderr?.on('data', (t) => { said += t })
    const end = ended(p)
    await until('a question', () => /> $/.test(said))
    p.kill('SIGINT')
    assert.equal((await end).code, 130)
    const [wizard] = (await (await Session.wallet(s.w.url, s.w.consumer)).read('/chatflows')).chatflows
    assert.equal(wizard.state, 'asking')
    const r = await good(mine('service', 'deploy', '--resume', wizard.id, ...answers('resumed'), '--yes', '--no-wait'))
    assert.equal((await becomes('resumed', (d) => d.state === 'running')).id, r.id)
  })

  test('delete tells what was removed; without us it goes on; asked again it is the same', async () => {
    const first = await good(mine('service', 'delete', 'first', '--confirm', 'first'))
    assert.equal(first.state, 'deleted')
    assert.equal(first.removed.containers.length, 2)
    await bad(mine('service', 'delete', 'first', '--confirm', 'first'), /no deployment/)
    const p = begin(s.w.consumer.privateKey, ['service', 'delete', 'alone', '--confirm', 'alone', '--json'])
    const end = ended(p)
    await until('its deletion', async () => (await list()).every((d) => d.name !== 'alone' || d.state === 'deleting'))
    p.kill('SIGINT')
    assert.ok([0, 130].includes((await end).code))
    await until('its end', async () => (await list()).every((d) => d.name !== 'alone'))
    const { id } = await info('resumed')
    assert.equal((await good(mine('service', 'delete', id, '--confirm', 'resumed', '--no-wait'))).state, 'deleting')
    await until('its end', async () => (await list()).length === 0)
    assert.deepEqual(await s.left(), [])
    assert.equal((await good(operator('package', 'remove', 'hello'))).success ?? true, true)
    await bad(mine('package', 'info', 'hello'), /no package/i)
  })
})

test('atoll service clean: what a node that is gone for good has left', async () => {
  await s.addHello({ version: '3', raw: true })
  await good(mine('service', 'deploy', 'hello', ...answers('orphan'), '--yes'))
  const node = s.w.wallet.address
  const chain = `at${node.slice(2, 8).toLowerCase()}-in`
  const rules = (): number | null => spawnSync('iptables', ['-w', '-n', '-L', chain]).status
  const guarded = rules() === 0 // nobody but root sees them
  s.w.node.kill('SIGKILL')
  await until('end of the node', () => !s.w.node.running)
  assert.ok((await s.left()).length >= 4)
  const asked = spawnSync(atoll, ['service', 'clean', node], { encoding: 'utf8' })
  assert.equal(asked.status, 2)
  assert.ok((await s.left()).length >= 4, 'not without --confirm')
  const r = spawnSync(atoll, ['service', 'clean', node, '--confirm', node, '--json'], { encoding: 'utf8' })
  assert.equal(r.status, 0, r.stderr)
  const gone = JSON.parse(r.stdout)
  assert.deepEqual([gone.containers.length, gone.volumes.length, gone.networks.length], [2, 1, 1])
  assert.deepEqual(await s.left(), [])
  if (guarded) assert.notEqual(rules(), 0, 'its chains of the firewall are gone')
  assert.equal(spawnSync(atoll, ['service', 'clean', node, '--confirm', node]).status, 0, 'nothing is left to do')
})
