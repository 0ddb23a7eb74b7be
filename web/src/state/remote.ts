// SPDX-License-Identifier: Apache-2.0
// What is read from the node: a value, an error, or neither yet. A failed refresh keeps the last value.
import { signal, type Signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { pause } from '../api/again.ts'
import { ApiError, explain, passes } from '../api/client.ts'
import { t } from '../texts.ts'

export interface Remote<T> { data: T | null; error: string; loading: boolean }

/** After this many ms an answer is not waited for any more. */
const LATEST = 60_000

export class Source<T> {
  readonly state: Signal<Remote<T>> = signal({ data: null, error: '', loading: true })
  private running: AbortController | null = null
  private readonly read: (signal: AbortSignal) => Promise<T>
  /** what was told while it is being read: newer than what comes */
  private told: Partial<T> = {}
  /** the periods of those who look at it */
  private readonly watchers = new Set<{ every: number }>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private failures = 0

  constructor(read: (signal: AbortSignal) => Promise<T>) { this.read = read }

  get data(): T | null { return this.state.value.data }

  async load(): Promise<void> {
    this.running?.abort()
    clearTimeout(this.timer)
    const mine = this.running = new AbortController()
    this.told = {}
    this.state.value = { ...this.state.peek(), loading: true }
    let again = false
    let late = false
    const limit = setTimeout(() => { late = true; mine.abort() }, LATEST)
    try {
      const data = await this.read(mine.signal)
      if (this.running !== mine) return
      this.state.value = { data: Object.keys(this.told).length ? { ...data, ...this.told } : data, error: '', loading: false }
    } catch (e) {
      if (this.running !== mine) return
      const why = late ? new ApiError(0, t.errors.offline) : e
      again = passes(why)
      this.state.value = { data: this.state.peek().data, error: explain(why), loading: false }
    } finally {
      clearTimeout(limit)
    }
    this.running = null
    this.failures = again ? this.failures + 1 : 0
    this.plan()
  }

  /** Reads it now and, as long as it is watched, each `every` ms and soon again when that has failed for the moment. Returns the end. */
  watch(every: number): () => void {
    const mine = { every }
    this.watchers.add(mine)
    void this.load()
    return () => {
      this.watchers.delete(mine)
      if (!this.watchers.size) clearTimeout(this.timer)
    }
  }

  private plan(): void {
    clearTimeout(this.timer)
    const periods = [...this.watchers].map((x) => x.every).filter((n) => n > 0)
    const ms = !this.watchers.size ? 0 : this.failures ? pause(this.failures) : periods.length ? Math.min(...periods) : 0
    if (ms) this.timer = setTimeout(() => document.hidden ? this.plan() : void this.load(), ms)
  }

  /** Known without asking. */
  set(data: T): void {
    this.running = null
    this.state.value = { data, error: '', loading: false }
    this.plan()
  }

  /** A part of it that is known without asking, e.g. from an event; a reading that is under way goes on. */
  patch(part: Partial<T>): void {
    if (this.running) this.told = { ...this.told, ...part }
    const now = this.state.peek()
    if (now.data) this.state.value = { ...now, data: { ...now.data, ...part } }
  }

  clear(): void {
    this.running?.abort()
    this.running = null
    clearTimeout(this.timer)
    this.failures = 0
    this.state.value = { data: null, error: '', loading: true }
  }
}

const all = new Map<string, Source<unknown>>()
/** One source for each key; forgotten together when another person logs in. */
export function keyed<T>(key: string, read: (signal: AbortSignal) => Promise<T>): Source<T> {
  let s = all.get(key) as Source<T> | undefined
  if (!s) all.set(key, (s = new Source(read)) as Source<unknown>)
  return s
}

export function forgetAll(): void {
  for (const s of all.values()) s.clear()
  all.clear()
}

/** Reads the source when a view appears, and again each `every` ms while it is looked at. */
export function useSource<T>(s: Source<T>, every = 0): Remote<T> {
  useEffect(() => s.watch(every), [s, every])
  return s.state.value
}
