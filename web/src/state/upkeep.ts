// SPDX-License-Identifier: Apache-2.0
// Domains and backups of a deployment.
import { signal } from '@preact/signals'
import { call, get, path, post } from '../api/client.ts'
import type { Backups, Domain } from '../api/shapes.ts'
import { go, link } from '../router.ts'
import { t } from '../texts.ts'
import { attempt } from './notices.ts'
import { keyed } from './remote.ts'

// ---- domains
const domain = (id: string, host: string): string => path`/marketplace/api/deployments/${id}/domains/${host}`

export const domains = (id: string) =>
  keyed(`domains/${id}`, async (s) => (await get<{ domains: Domain[] }>(path`/marketplace/api/deployments/${id}/domains`, s)).domains)

async function withDomain(id: string, what: () => Promise<unknown>, done: string): Promise<boolean> {
  const ok = await attempt(what, done)
  await domains(id).load()
  return ok
}

export const addDomain = (id: string, host: string): Promise<boolean> =>
  withDomain(id, () => post(path`/marketplace/api/deployments/${id}/domains`, { host }), t.domains.added)
export const verifyDomain = (id: string, host: string): Promise<boolean> =>
  withDomain(id, () => post(`${domain(id, host)}/verify`), t.domains.checked)
export const removeDomain = (id: string, host: string): Promise<boolean> =>
  withDomain(id, () => call('DELETE', domain(id, host)), t.domains.removed)

// ---- guests: who may pass the login in front of a deployment, beside its owner
const guestsAt = (id: string): string => path`/marketplace/api/deployments/${id}/guests`
export const guests = (id: string) => keyed(`guests/${id}`, async (s) => (await get<{ guests: string[] }>(guestsAt(id), s)).guests)

async function withGuests(id: string, what: () => Promise<unknown>, done: string): Promise<boolean> {
  const ok = await attempt(what, done)
  await guests(id).load()
  return ok
}
export const invite = (id: string, name: string): Promise<boolean> => withGuests(id, () => post(guestsAt(id), { name }), t.domains.invited(name))
export const uninvite = (id: string, name: string): Promise<boolean> =>
  withGuests(id, () => call('DELETE', `${guestsAt(id)}/${encodeURIComponent(name)}`), t.saved)

// ---- backups
const at = (id: string): string => path`/marketplace/api/deployments/${id}/backups`

export const backups = (id: string) => keyed(`backups/${id}`, (s) => get<Backups>(at(id), s))

async function withBackups(id: string, what: () => Promise<unknown>, done: string): Promise<boolean> {
  const ok = await attempt(what, done)
  await backups(id).load()
  return ok
}

export const backUp = (id: string): Promise<boolean> => withBackups(id, () => post(at(id)), t.backups.started)
export const plan = (id: string, schedule: string, retention: Record<string, number>): Promise<boolean> =>
  withBackups(id, () => call('PUT', at(id), { schedule, retention }), t.saved)
export const restore = (id: string, snapshot: string): Promise<boolean> =>
  withBackups(id, () => post(`${at(id)}/${encodeURIComponent(snapshot)}/restore`), t.backups.restoring)
export const verify = (id: string, snapshot: string): Promise<boolean> =>
  withBackups(id, () => post(`${at(id)}/${encodeURIComponent(snapshot)}/verify`), t.backups.verifying)

/** Makes a deployment here from a backup that another node made; what is empty is left to the node. */
export const adopt = (form: Record<string, string>): Promise<boolean> => attempt(async () => {
  const given = Object.fromEntries(Object.entries(form).map(([k, v]) => [k, v.trim()]).filter(([, v]) => v))
  const { deployment } = await post<{ deployment: string }>('/marketplace/api/backups/adopt', given)
  go(link('deployments', deployment))
})

export const backupKey = signal('')
export const revealKey = (id: string): Promise<boolean> =>
  attempt(async () => { backupKey.value = (await post<{ key: string }>(`${at(id)}/key`)).key })
