// SPDX-License-Identifier: Apache-2.0
// My deployments, one of them live, and what can be done with it.
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { pause, wait } from '../api/again.ts'
import { call, events, explain, get, passes, path, post, stream } from '../api/client.ts'
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

/**
 * Follows a deployment: what an event says is shown at once, and a change of state is read out. What events do not have (timeline,
 * containers) is read after a change, and whatever happened while the connection was lost.
 */
export function follow(id: string): () => void {
  const source = deployment(id)
  const end = events<Deployment>(`${at(id)}/events`, (d) => {
    const before = source.data
    source.patch(d)
    if (d.state === 'deleted') end() // it is the last one
    if (before && before.state !== d.state) say(`${d.name}: ${t.state(d.state)}`)
    if (!before || before.state !== d.state || before.step !== d.step || before.health !== d.health) void source.load()
  }, () => void source.load())
  return end
}

export function useLive(id: string): void {
  useEffect(() => follow(id), [id])
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

/** Reads the log until the container ends; a connection that is lost is opened again, and the newest lines come anew. */
export async function followLog(id: string, container: string, ended: AbortSignal): Promise<void> {
  const query = new URLSearchParams({ follow: '1', ...(container ? { container } : {}) })
  for (let failures = 0; !ended.aborted;) {
    let before = ''
    log.value = { ...log.value, live: true }
    try {
      await stream(`${at(id)}/logs?${query.toString()}`, (piece) => {
        failures = 0
        before = (before + piece).slice(-LOG_MAX)
        log.value = { text: before, live: true, error: '' }
      }, ended)
      log.value = { text: before, live: false, error: '' }
      return
    } catch (e) {
      if (ended.aborted) return
      log.value = { ...log.value, live: false, error: explain(e) }
      if (!passes(e)) return
      await wait(pause(++failures), ended)
    }
  }
}

/** Follows the log of a container until it ends or the view goes; a container that starts again is followed again. */
export function useLog(id: string, container: string, state: string): void {
  useEffect(() => {
    const ended = new AbortController()
    log.value = { text: '', live: true, error: '' }
    void followLog(id, container, ended.signal)
    return () => ended.abort()
  }, [id, container, state])
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    tell(t.copied)
  } catch {
    tell(t.notCopied, 'error')
  }
}
