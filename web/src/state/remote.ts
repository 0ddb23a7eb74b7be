// SPDX-License-Identifier: Apache-2.0
// What is read from the node: a value, an error, or neither yet. A failed refresh keeps the last value.
import { signal, type Signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { explain } from '../api/client.ts'

export interface Remote<T> { data: T | null; error: string; loading: boolean }

export class Source<T> {
  readonly state: Signal<Remote<T>> = signal({ data: null, error: '', loading: true })
  private running: AbortController | null = null
  private readonly read: (signal: AbortSignal) => Promise<T>

  constructor(read: (signal: AbortSignal) => Promise<T>) { this.read = read }

  get data(): T | null { return this.state.value.data }

  async load(): Promise<void> {
    this.running?.abort()
    const mine = this.running = new AbortController()
    this.state.value = { ...this.state.peek(), loading: true }
    try {
      const data = await this.read(mine.signal)
      if (this.running === mine) this.state.value = { data, error: '', loading: false }
    } catch (e) {
      if (this.running === mine) this.state.value = { data: this.state.peek().data, error: explain(e), loading: false }
    }
  }

  /** Known without asking, e.g. from an event. */
  set(data: T): void {
    this.running = null
    this.state.value = { data, error: '', loading: false }
  }

  clear(): void {
    this.running?.abort()
    this.running = null
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
  useEffect(() => {
    void s.load()
    if (!every) return undefined
    const timer = setInterval(() => { if (!document.hidden) void s.load() }, every)
    return () => clearInterval(timer)
  }, [s, every])
  return s.state.value
}
