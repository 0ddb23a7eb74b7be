// SPDX-License-Identifier: Apache-2.0
// My deployments, one of them live, and what can be done with it.
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { call, events, get, path, post, stream } from '../api/client.ts'
import type { Deployment, DeploymentFull, Metrics, Review } from '../api/shapes.ts'
import { t } from '../texts.ts'
import { attempt, say, tell } from './notices.ts'
import { keyed } from './remote.ts'

const at = (id: string): string => path`/marketplace/api/deployments/${id}`

export const deployments = () =>
  keyed('deployments', async (s) => (await get<{ deployments: Deployment[] }>('/marketplace/api/deployments', s)).deployments)
export const deployment = (id: string) => keyed(`deployment/${id}`, (s) => get<DeploymentFull>(at(id), s))
export const metrics = (id: string, range: string) =>
  keyed(`metrics/${id}/${range}`, (s) => get<Metrics>(`${at(id)}/metrics?range=${range}`, s))

export const isBusy = (d: Deployment): boolean =>
  ['creating', 'stopping', 'updating', 'restoring', 'deleting'].includes(d.state)
export const isGone = (d: Deployment): boolean => d.state === 'deleted'

/** Follows a deployment: each event is merged into what is known, and a change of state is read out. */
export function useLive(id: string): void {
  useEffect(() => {
    const source = deployment(id)
    const close = events<Deployment>(`${at(id)}/events`, (d) => {
      const before = source.data
      if (d.state === 'deleted') close() // it is the last one; the browser would ask again for ever
      if (before && before.state !== d.state) say(`${d.name}: ${t.state(d.state)}`)
      if (!before || before.state !== d.state || before.step !== d.step) void source.load() // timeline, containers
      else source.set({ ...before, ...d })
    }, () => undefined)
    return close
  }, [id])
}

export type Verb = 'start' | 'stop' | 'restart' | 'rollback'

async function change(id: string, what: () => Promise<unknown>, done: string): Promise<boolean> {
  const ok = await attempt(what, done)
  await deployment(id).load()
  return ok
}

export const act = (d: Deployment, verb: Verb): Promise<boolean> =>
  change(d.id, () => post(`${at(d.id)}/${verb}`), t.deployment.done[verb])
export const extend = (d: Deployment, ends: number | null): Promise<boolean> =>
  change(d.id, () => post(`${at(d.id)}/extend`, { ends: ends ?? 0 }), t.deployment.done.extend)
export const resize = (d: Deployment, size: string): Promise<boolean> =>
  change(d.id, () => post(`${at(d.id)}/resize`, { size }), t.deployment.done.resize)
export const update = (d: Deployment, version: string): Promise<boolean> =>
  change(d.id, () => post(`${at(d.id)}/update`, { version }), t.deployment.done.update)
export const remove = (d: Deployment, confirm: string): Promise<boolean> =>
  change(d.id, () => call('DELETE', at(d.id), { confirm }), t.deployment.done.delete)

/** Answered once by the node: after that nobody can read them again. */
export const credentials = signal<Record<string, Review[]>>({})

export async function reveal(id: string): Promise<void> {
  await attempt(async () => {
    const r = await post<{ credentials?: Review[] }>(`${at(id)}/credentials`)
    credentials.value = { ...credentials.value, [id]: r.credentials ?? [] }
  })
}

// ---- logs
const LOG_MAX = 400_000
export interface Log { text: string; live: boolean; error: string }
export const log = signal<Log>({ text: '', live: false, error: '' })

/** Follows the log of a container until it ends or the view goes; keeps the newest part. */
export function useLog(id: string, container: string): void {
  useEffect(() => {
    const ended = new AbortController()
    log.value = { text: '', live: true, error: '' }
    const piece = (text: string): void => {
      log.value = { ...log.value, text: (log.value.text + text).slice(-LOG_MAX) }
    }
    const query = new URLSearchParams({ follow: '1', ...(container ? { container } : {}) })
    stream(`${at(id)}/logs?${query.toString()}`, piece, ended.signal)
      .then(() => { log.value = { ...log.value, live: false } })
      .catch((e: unknown) => {
        if (!ended.signal.aborted) log.value = { ...log.value, live: false, error: e instanceof Error ? e.message : String(e) }
      })
    return () => ended.abort()
  }, [id, container])
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    tell(t.copied)
  } catch {
    tell(t.notCopied, 'error')
  }
}
