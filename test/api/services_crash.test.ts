// SPDX-License-Identifier: Apache-2.0
// A node that dies while deployments are under way goes on where it was; pools that run empty and are filled again.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { engine } from './lib/docker.ts'
import { until } from './lib/process.ts'
import { Services, Customer } from './lib/services.ts'

let s: Services
let carol: Customer
before(async () => {
  s = await Services.begin({ SERVICE_GRACE: '10', SERVICE_PERIOD: '4' })
  await s.addHello({ version: '2', raw: true })
  carol = await s.customer('carol', 100_000)
})
after(async () => { await s?.stop() })

/** Kills the node as soon as the deployment is at this step, or past it. */
async function killAt(id: string, step: string): Promise<void> {
  await until(`step ${step}`, async () => (await carol.deployment(id)).timeline.some((t: any) => t.step === step), 60_000, 2)
  await s.crash()
}

describe('kill -9', () => {
  for (const step of ['fund', 'network', 'containers', 'health', 'route']) {
    test(`at ${step} of a deployment that is made`, async () => {
      const id = await carol.hello(`at-${step}`)
      await killAt(id, step)
      await carol.reaches(id, 'running')
      assert.match(await carol.page(id), /^v1/)
      assert.equal((await carol.delete(id, `at-${step}`)).status, 200)
    })
  }

  test('while it runs, is stopped, updated and deleted', async () => {
    const id = await carol.running('survivor')
    await s.crash()
    await carol.becomes(id, (d) => d.state === 'running' && d.health === 'healthy')
    assert.match(await carol.page(id), /^v1/)
    await carol.asks(id, 'update', { version: '2' })
    await killAt(id, 'replace')
    await carol.becomes(id, (d) => d.state === 'running' && d.version === '2')
    assert.match(await carol.page(id), /^v2/)
    await carol.asks(id, 'stop')
    await s.crash()
    await carol.reaches(id, 'stopped')
    await carol.asks(id, 'start')
    await s.crash()
    await carol.reaches(id, 'running')
    const gone = carol.delete(id, 'survivor').catch(() => null)
    await until('the deletion', async () => (await carol.deployment(id).catch(() => null))?.state === 'deleting', 60_000, 2)
    await s.crash()
    await gone
    await carol.becomes(id, (d) => d.state === 'deleted')
    assert.deepEqual(await s.left(), [])
  })

  test('and all its money is accounted for', async () => {
    const p = await until('the refunds', async () => {
      const pool = await carol.pool(carol.poolId)
      return pool.locked.amount === '0' ? pool : null
    }, 60_000)
    const entries = p.entries as Array<{ amount: { amount: string } }>
    if (entries.length < 100) assert.equal(entries.reduce((sum, e) => sum + BigInt(e.amount.amount), 0n), BigInt(p.balance.amount))
    assert.ok(BigInt(p.balance.amount) <= 100_000n * 10n ** 18n)
  })
})

describe('while the node was down', () => {
  /** What is charged for a deployment that was stopped, and what an hour costs, and when it began and ended. */
  async function bill(id: string): Promise<{ spent: bigint, perHour: bigint, ms: number, events: any[] }> {
    await carol.asks(id, 'stop')
    const d = await carol.reaches(id, 'stopped')
    await until('the bill', async () => (await carol.pool(carol.poolId)).locked.amount === '0')
    const spent = BigInt((await carol.deployment(id)).spent.amount)
    return { spent, perHour: BigInt(d.perHour.amount), ms: d.timeline.at(-1).at - d.timeline.find((t: any) => t.step === 'running').at, events: d.timeline }
  }
  const near = (b: { spent: bigint, perHour: bigint }, ms: number): void => {
    const [least, most] = [ms - 5000, ms + 5000].map((x) => b.perHour * BigInt(Math.max(x, 0)) / 3_600_000n) as [bigint, bigint]
    assert.ok(b.spent >= least && b.spent <= most, `${b.spent} for ${ms} ms: ${least} to ${most}`)
  }

  test('regression 7: what had ended is not charged until it runs again, what ran on is', async () => {
    const id = await carol.running('ended')
    const box = (name: string): string => `/v1.41/containers/atoll-s-${id.slice(0, 8)}-${name}`
    const time = async (name: string, key: string): Promise<number> => Date.parse((await engine<any>(`${box(name)}/json`)).State[key])
    s.w.node.kill('SIGKILL')
    await until('end of the node', () => !s.w.node.running)
    for (const name of ['web', 'base']) await engine(`${box(name)}/stop?t=0`, 'POST')
    const ended = Math.min(await time('web', 'FinishedAt'), await time('base', 'FinishedAt'))
    await new Promise((r) => setTimeout(r, 15_000)) // longer than all that is rounded, and than three periods
    await s.w.startNode()
    const d = await carol.becomes(id, (x) => x.state === 'running' && x.health === 'healthy')
    assert.ok((await until('its timeline', async () => (await carol.deployment(id)).timeline.find((t: any) => t.step === 'idle'))).reason.includes('not charged'), JSON.stringify(d.timeline))
    const idle = Math.max(await time('web', 'StartedAt'), await time('base', 'StartedAt')) - ended
    assert.ok(idle >= 15_000)
    const b = await bill(id)
    near(b, b.ms - idle)
    assert.ok((await carol.pool(carol.poolId)).entries.some((x: any) => /not charged/.test(x.note)), 'the history says why')
    await carol.delete(id, 'ended')

    const on = await carol.running('ran-on')
    s.w.node.kill('SIGKILL')
    await until('end of the node', () => !s.w.node.running)
    await new Promise((r) => setTimeout(r, 10_000))
    await s.w.startNode()
    await carol.becomes(on, (x) => x.state === 'running' && x.health === 'healthy')
    const c = await bill(on)
    assert.ok(!c.events.some((t) => t.step === 'idle'))
    near(c, c.ms)
    await carol.delete(on, 'ran-on')
  })
})

describe('an empty pool', () => {
  test('stops containers and keeps volumes; money brings it back; without money it goes', async () => {
    const session = (await s.tenant('dave')).session
    const pool = await s.operator.tell('/marketplace/api/admin/pools', { owner: session.person?.id, name: 'small', amount: '20000000000000000', ...s.unit })
    const dave = new Customer(session, pool.id as string)
    const id = await dave.running('short-lived')
    const d = await dave.reaches(id, 'grace')
    assert.match(d.reason, /./)
    assert.ok(d.due > Date.now(), 'it says until when')
    const names = await s.left()
    assert.ok(names.includes(`atoll-v-${id.slice(0, 8)}-data`), 'its volumes stay')
    await s.operator.tell(`/marketplace/api/admin/pools/${dave.poolId}/grant`, { amount: '20000000000000000', note: 'once more' })
    await dave.reaches(id, 'running')
    assert.match(await dave.page(id), /^v1/)
    await dave.reaches(id, 'grace')
    await dave.becomes(id, (x) => x.state === 'deleted')
    assert.deepEqual(await s.left(), [])
  })

  test('regression 7: what it shows an hour is what it is billed', async () => {
    const erin = await s.customer('erin')
    const id = await erin.running('billed')
    const perHour = BigInt((await erin.deployment(id)).perHour.amount)
    await until('two periods', async () => (await erin.deployment(id)).timeline.length > 0 && BigInt((await erin.deployment(id)).spent.amount) > perHour * 8n / 3600n)
    await erin.asks(id, 'stop')
    const d = await erin.reaches(id, 'stopped')
    const [from, to] = [d.timeline.find((t: any) => t.step === 'running').at, d.timeline.at(-1).at]
    const spent = BigInt((await until('the bill', async () => {
      const x = await erin.deployment(id)
      return (await erin.pool(erin.poolId)).locked.amount === '0' ? x : null
    })).spent.amount)
    const expected = perHour * BigInt(to - from) / 3_600_000n
    assert.ok(spent <= expected + perHour * 3n / 3600n && spent >= expected - perHour * 3n / 3600n, `${spent} for ${expected}`)
  })
})
