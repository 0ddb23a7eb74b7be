// SPDX-License-Identifier: Apache-2.0
// A world where solutions are deployed: stand-in images, people by development login, pools that the operator gives.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { World, type Env } from '../fixtures.ts'
import { CHAIN } from './chain.ts'
import { socketPath } from './docker.ts'
import { until } from './process.ts'
import { Session, type Answer } from './session.ts'

/** The option imageMap: images of the catalogue that are stood in for; made when the engine has none and ATOLL_TEST_IMAGES names none. */
export const images = (): string => process.env.ATOLL_TEST_IMAGES ||
  execFileSync(join(import.meta.dirname, '../../../scripts/standins.sh'), ['start'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()

/** One machine that is paid by the minute: 1 OCEAN for a core, half of it for a GiB. */
export const machine = (token: string): unknown[] => [{
  socketPath,
  environments: [{
    id: 'solutions', storageExpiry: 604800, maxJobDuration: 3600, minJobDuration: 60,
    resources: [{ id: 'cpu', total: 4, max: 2 }, { id: 'ram', total: 8, max: 4 }, { id: 'disk', total: 40, max: 20 }],
    fees: { [CHAIN]: [{ feeToken: token, prices: [{ id: 'cpu', price: 1 }, { id: 'ram', price: 0.5 }, { id: 'disk', price: 0.01 }] }] }
  }]
}]

export interface Deployment {
  id: string; name: string; state: string; step: string; reason: string; health: string; url?: string; spent: { amount: string }
  perHour: { amount: string }; progress: { step: number; steps: number; text: string }; paidUntil: number; pool: string
}

export type Answers = Record<string, Record<string, unknown>>

/** A person who deploys. */
export class Tenant {
  constructor(readonly session: Session) {}

  begin(name: string, version?: string): Promise<any> { return this.session.tell('/chatflows', { package: name, version }) }
  answer(id: string, step: string, answers: Record<string, unknown>): Promise<Answer> {
    return this.session.post(`/chatflows/${id}/answers`, { step, answers })
  }
  back(id: string, step: string, to?: string): Promise<Answer> { return this.session.post(`/chatflows/${id}/back`, { step, to }) }
  deploy(id: string, quoteHash: string): Promise<Answer> { return this.session.post(`/chatflows/${id}/deploy`, { quoteHash }) }

  /** The wizard of a package up to its review. */
  async toReview(name: string, answers: Answers): Promise<any> {
    let w = await this.begin(name)
    while (w.state === 'asking') {
      const r = await this.answer(w.id, w.step, answers[w.step] ?? {})
      assert.equal(r.status, 200, r.text)
      w = r.json
    }
    assert.equal(w.state, 'review')
    assert.ok(w.quote?.hash, JSON.stringify(w.errors))
    return w
  }

  /** Through the wizard to a deployment; its id. */
  async order(name: string, answers: Answers): Promise<string> {
    const w = await this.toReview(name, answers)
    const r = await this.deploy(w.id, w.quote.hash)
    assert.equal(r.status, 200, r.text)
    return r.json.deployment as string
  }

  deployment(id: string): Promise<Deployment & Record<string, any>> { return this.session.read(`/marketplace/api/deployments/${id}`) }
  pool(id: string): Promise<any> { return this.session.read(`/marketplace/api/pools/${id}`) }

  /** Until it is in this state; another end of its way fails. */
  reaches(id: string, state: string): Promise<Deployment & Record<string, any>> {
    return until(`deployment ${state}`, async () => {
      const r = await this.session.get(`/marketplace/api/deployments/${id}`).catch(() => null) // the node may be away
      if (r?.status !== 200) return null
      if (r.json.state === 'failed' && state !== 'failed') throw new Error(`the deployment failed: ${r.text}`)
      return r.json.state === state ? r.json : null
    }, 120_000)
  }
}

export class Solutions {
  /** what pools are of */
  unit!: { chain: number; token: string }
  operator!: Session

  constructor(readonly w: World) {}

  static async start(env: Env | ((w: World) => Promise<Env>) = {}): Promise<Solutions> {
    const map = images()
    const s = new Solutions(await World.start({
      env: async (w) => ({
        DEV_LOGIN: 'true', MARKETPLACE_ADMINS: '["root"]', IMAGE_MAP: map, DOCKER_COMPUTE_ENVIRONMENTS: JSON.stringify(machine(w.chain.ocean)),
        MAX_PAGE_REQ_PER_MINUTE: '0', MAX_LOGIN_REQ_PER_MINUTE: '0', ...(typeof env === 'function' ? await env(w) : env)
      })
    }))
    s.unit = { chain: CHAIN, token: s.w.chain.ocean }
    s.operator = await Session.dev(s.w.url, 'root')
    return s
  }

  tenant = async (name: string): Promise<Tenant> => new Tenant(await Session.dev(this.w.url, name))

  /** A pool that the operator gives to somebody, with so many whole OCEAN; its id. */
  async grant(to: Tenant, whole = 1000, name = 'given'): Promise<string> {
    const pool = await this.operator.tell('/marketplace/api/admin/pools', {
      owner: to.session.person?.id, name, amount: `${whole}${'0'.repeat(18)}`, ...this.unit
    })
    return pool.id as string
  }

  async stop(): Promise<void> { await this.w.stop() }
}
