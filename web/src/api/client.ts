// SPDX-License-Identifier: Apache-2.0
// The only way to the node: JSON calls, events, and streams of text. The session is a cookie that scripts cannot read.
import { sentence } from '../format.ts'
import { t } from '../texts.ts'
import { pause } from './again.ts'

export class ApiError extends Error {
  readonly status: number
  /** what came beside "error", e.g. a wizard as it is now */
  readonly more: Record<string, unknown>
  constructor(status: number, message: string, more: Record<string, unknown> = {}) {
    super(message)
    this.status = status
    this.more = more
  }
}

/** Whether it may be better in a moment: the node starts again, or there were too many requests. */
export const passes = (e: unknown): boolean => e instanceof ApiError && [0, 429, 502, 503, 504].includes(e.status)

/** What an error means to a person: the node's words, and what to do where that is known. */
export function explain(e: unknown): string {
  if (!(e instanceof ApiError)) return e instanceof Error ? e.message : String(e)
  const advice = t.errors.advice[e.status]
  return advice ? `${e.message} ${advice}` : e.message
}

type Listener = (status: number) => void
let refused: Listener = () => undefined
/** Told of 401 and 403: the session may be over, or terms may be new. */
export function onRefused(listener: Listener): void { refused = listener }

async function failure(r: Response): Promise<ApiError> {
  const text = await r.text().catch(() => '')
  try {
    const { error, ...more } = JSON.parse(text) as { error?: unknown }
    if (typeof error === 'string' && error) return new ApiError(r.status, sentence(error), more)
  } catch { /* not ours: a proxy's page, or nothing */ }
  return new ApiError(r.status, text && text.length < 200 && !text.startsWith('<') ? sentence(text) : t.errors.status(r.status))
}

async function send(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  let r: Response
  try {
    r = await fetch(path, {
      method, signal: signal ?? null, credentials: 'same-origin', cache: 'no-store', redirect: 'error',
      headers: { accept: 'application/json', ...(method === 'GET' ? {} : { 'content-type': 'application/json' }) },
      body: method === 'GET' ? null : JSON.stringify(body ?? {})
    })
  } catch (e) {
    if (signal?.aborted) throw e
    throw new ApiError(0, t.errors.offline)
  }
  if (r.ok) return r
  const e = await failure(r)
  if (r.status === 401 || r.status === 403) refused(r.status)
  throw e
}

export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const r = await send(method, path, body, signal)
  const text = await r.text()
  return (text ? JSON.parse(text) : {}) as T
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => call<T>('GET', path, undefined, signal)
export const post = <T>(path: string, body?: unknown): Promise<T> => call<T>('POST', path, body)

const STEADY = 10_000

/**
 * Events of a route, as JSON. A connection that is lost, or refused while the node starts, is opened again: a browser gives up on
 * the latter. `back`: it is open again, and what happened meanwhile has to be read. Returns what ends it.
 */
export function events<T>(path: string, on: (v: T) => void, back: () => void): () => void {
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  const open = (): void => {
    let opened = 0
    source = new EventSource(path)
    source.onopen = () => {
      opened = Date.now()
      if (failures) back()
    }
    source.onmessage = (m) => on(JSON.parse(String(m.data)) as T)
    source.onerror = () => {
      source.close() // by itself it would come at the same time as everybody else's
      failures = opened && Date.now() - opened > STEADY ? 1 : failures + 1
      timer = setTimeout(open, pause(failures))
    }
  }
  open()
  return () => {
    clearTimeout(timer)
    source.onerror = null
    source.close()
  }
}

/** A text that grows: each piece as it comes, until the end or an abort. */
export async function stream(path: string, on: (piece: string) => void, signal: AbortSignal): Promise<void> {
  const r = await send('GET', path, undefined, signal)
  const reader = r.body?.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const piece = await reader?.read().catch((e: unknown) => { throw signal.aborted ? e : new ApiError(0, t.errors.offline) })
    if (!piece || piece.done) return
    on(piece.value)
  }
}

/** A path with its parts escaped: path`/marketplace/api/pools/${id}`. */
export function path(parts: TemplateStringsArray, ...values: Array<string | number>): string {
  return parts.reduce((sum, part, i) => sum + encodeURIComponent(String(values[i - 1])) + part)
}
