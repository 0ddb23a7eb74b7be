// SPDX-License-Identifier: Apache-2.0
// How the errors of services on demand are provoked; provoke.ts has the others.
import { encrypt } from 'eciesjs'
import type { Args } from './api.ts'
import { CHAIN } from './chain.ts'
import type { Provocation, Table } from './provoke.ts'
import type { Stage } from './stage.ts'

type Nobody = (s: Stage, args: Args, field?: string) => Record<string, Provocation>
type How = (args?: Args) => () => Promise<Args>

const sealed = (s: Stage, text: string): string =>
  Buffer.from(encrypt(s.w.wallet.signingKey.publicKey, Buffer.from(text))).toString('hex')

/** What a container is described by, wrong in one way each. */
function containers(s: Stage, how: How): Record<string, Provocation> {
  return {
    DEMAND_MODES: { args: how({ checksum: `sha256:${'0'.repeat(64)}` }) },
    DEMAND_BUILD: { args: how({ tag: undefined, dockerfile: 'FROM scratch' }) },
    DEMAND_SPEC: { args: how({ image: 'A B' }), says: [/.+/] },
    DEMAND_SEALED: { args: how({ userData: '00' }) },
    DEMAND_VARIABLES: { args: how({ userData: sealed(s, '[]') }), says: ['is no JSON object'] }
  }
}

export function onDemand(s: Stage, nobody: Nobody): Table {
  const { open, closed, jobs } = s.env
  const token = s.w.compute.token(open)
  const dai = String(s.w.chain.addresses.MockDAI)
  const payment = { chainId: CHAIN, token }
  const start = {
    environment: open.id, image: 'x', tag: '1', duration: 60, payment, resources: [{ id: 'cpu', amount: 1 }, { id: 'ram', amount: 1 }, { id: 'disk', amount: 0 }]
  }
  const none = { serviceId: 'f'.repeat(32) }
  const signed = (command: string, base: Args): How => (args = {}) => async () => ({ ...base, ...await s.signed(command), ...args })
  const started = signed('serviceStart', start)
  const restarted = signed('serviceRestart', { ...none, image: 'x', tag: '1' })
  const extended = signed('serviceExtend', { ...none, additionalDuration: 10, payment })
  const stopped = signed('serviceStop', none)
  const logged = signed('serviceGetStreamableLogs', none)
  const unknown = (how: How): Record<string, Provocation> => ({
    COMPUTE_NONE: { args: how(), bare: true }, DEMAND_UNKNOWN: { args: how(), says: [none.serviceId] }
  })
  return {
    serviceGetTemplates: { COMPUTE_NONE: { args: {}, bare: true } },
    serviceStart: {
      ...nobody(s, start), ...containers(s, started), COMPUTE_NONE: { args: started(), bare: true },
      DEMAND_DURATION: { args: started({ duration: 0 }) }, DEMAND_IMAGE: { args: started({ image: undefined }) },
      DEMAND_ENV: { args: started({ environment: 'none' }), says: ['none'] }, DEMAND_OFF: { args: started({ environment: jobs.id }) },
      COMPUTE_ACCESS: { args: started({ environment: closed.id }) }, DEMAND_LONG: { args: started({ duration: 86401 }), says: [86401, 86400] },
      DEMAND_TEMPLATE: { args: started({ image: undefined, tag: undefined, templateId: 'none' }), says: ['none'] },
      DEMAND_TEMPLATE_MIX: { args: started({ templateId: 'none' }), says: ['image'] },
      DEMAND_RESOURCES: { args: started({ resources: [{ id: 'quantum', amount: 1 }] }), says: ['No such resource quantum'] },
      COMPUTE_PAYMENT: { args: started({ payment: { chainId: 'x', token } }) },
      DEMAND_PRICE: { args: started({ payment: { chainId: CHAIN, token: dai } }), says: [dai, CHAIN] },
      ESCROW_FUNDS: { args: started(), says: [s.w.consumer.address] }
    },
    serviceRestart: {
      ...nobody(s, none), ...unknown(restarted), DEMAND_RESPEC: { args: restarted({ image: undefined }) },
      DEMAND_MODES: { args: restarted({ checksum: `sha256:${'0'.repeat(64)}` }) }
    },
    serviceExtend: { ...nobody(s, { ...none, additionalDuration: 10, payment }), ...unknown(extended), DEMAND_MORE: { args: extended({ additionalDuration: 0 }) } },
    serviceStop: { ...nobody(s, none), ...unknown(stopped) },
    serviceGetStatus: { ...nobody(s, {}), COMPUTE_NONE: { args: signed('serviceGetStatus', {})(), bare: true } },
    serviceList: {
      ...nobody(s, {}), COMPUTE_NONE: { args: signed('serviceList', {})(), bare: true },
      DEMAND_STATUS: { args: signed('serviceList', { status: 1 })(), says: [1] },
      DEMAND_TIME: { args: signed('serviceList', { fromTimestamp: 'x' })(), says: ['fromTimestamp', 'x'] }
    },
    serviceGetStreamableLogs: {
      ...nobody(s, none), ...unknown(logged), DEMAND_SINCE: { args: logged({ since: 'x' }), says: ['x'] }
    }
  }
}

const lives = 'service_on_demand.test.ts has a service that lives'
const changes = 'service_on_demand.test.ts changes the environments'
/** Errors that need a service, and where they are tested. */
export const onDemandExempt: Record<string, string> = {
  '* LOGIN_BLOCKED': 'service_on_demand.test.ts blocks somebody',
  '* SERVICE_MANY': 'unit test demand has as many as there may be', '* POOL_MANY': 'unit test pool', '* POOL_TAKEN': 'unit test pool',
  '* SERVICE_READERS': 'service_on_demand.test.ts reads too often at a time',
  '* DEMAND_TEMPLATE_VALUE': 'service_on_demand.test.ts has templates', '* DEMAND_TEMPLATE_NEEDS': 'service_on_demand.test.ts has templates',
  '* DEMAND_OVER': lives, '* DEMAND_UNPAID': lives, '* DEMAND_BUSY': lives, '* DEMAND_ENDED': lives, '* DEMAND_STARTING': lives, '* DEMAND_TOO_LONG': lives,
  '* DEMAND_TOKEN': lives, '* DEMAND_NOT_RUNNING': lives, '* DEMAND_ENV_GONE': changes,
  'serviceRestart DEMAND_OFF': changes, 'serviceExtend DEMAND_OFF': changes, 'serviceRestart COMPUTE_ACCESS': changes, 'serviceExtend COMPUTE_ACCESS': changes,
  ...Object.fromEntries(['DEMAND_BUILD', 'DEMAND_SPEC', 'DEMAND_SEALED', 'DEMAND_VARIABLES'].map((x) => [`serviceRestart ${x}`, lives])),
  ...Object.fromEntries(['COMPUTE_PAYMENT', 'DEMAND_PRICE', 'ESCROW_FUNDS'].map((x) => [`serviceExtend ${x}`, lives]))
}
