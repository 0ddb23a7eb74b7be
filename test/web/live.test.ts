// SPDX-License-Identifier: Apache-2.0
// What the page does when the node goes away and comes back: events are shown even when nothing else can be read, and what
// has failed is tried again, later and later, until nobody looks any more. Clock, EventSource and fetch are the test's.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'

class FakeEvents {
  static all: FakeEvents[] = []
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  onmessage: ((m: { data: string }) => void) | null = null
  closed = false
  constructor(readonly path: string) { FakeEvents.all.push(this) }
  close(): void { this.closed = true }
  tell(d: object): void { this.onmessage?.({ data: JSON.stringify(d) }) }
  static get last(): FakeEvents { return FakeEvents.all[FakeEvents.all.length - 1]! }
}

/** What the node answers next; what was asked. */
let answers: Array<() => Response | Promise<Response>> = []
let asked: string[] = []
const ok = (v: unknown) => (): Response => new Response(JSON.stringify(v))
const away = (): Response => new Response('<html>502</html>', { status: 502 })

Object.assign(globalThis, {
  EventSource: FakeEvents, document: { hidden: false },
  fetch: async (path: string): Promise<Response> => {
    asked.push(path)
    const next = answers.shift()
    if (!next) throw new TypeError('nothing answers')
    return next()
  }
})
const { follow, followLog, deployment, log } = await import('../../web/src/state/deployments.ts')
const { events } = await import('../../web/src/api/client.ts')
const { pause } = await import('../../web/src/api/again.ts')
const { Source, forgetAll } = await import('../../web/src/state/remote.ts')
const { spoken } = await import('../../web/src/state/notices.ts')
const { ApiError } = await import('../../web/src/api/client.ts')

/** Everything that is ready has happened. */
const settle = async (): Promise<void> => { for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done)) }

const D = { id: 'd1', name: 'site', state: 'creating', step: 'PULL', health: 'none', timeline: [{ at: 1 }], containers: [] }

beforeEach(() => { mock.timers.enable({ apis: ['setTimeout', 'Date'] }) })
afterEach(() => {
  forgetAll()
  mock.timers.reset()
  answers = []
  asked = []
  FakeEvents.all = []
})

describe('an event', () => {
  test('is shown at once, also when what it should make the page read cannot be read; that is tried again', async () => {
    answers = [ok(D), away, away, ok({ ...D, state: 'running', step: '', timeline: [{ at: 1 }, { at: 2 }] })]
    const source = deployment('d1')
    const unwatch = source.watch(0)
    await settle()
    const end = follow('d1')
    FakeEvents.last.tell({ ...D, timeline: undefined, state: 'running', step: '' })
    assert.equal(source.data?.state, 'running') // before anything was answered
    await settle()
    assert.equal(spoken.value, 'site: Running')
    assert.equal(source.data?.state, 'running')
    assert.match(source.state.value.error, /502/)
    mock.timers.tick(1000)
    await settle()
    assert.equal(asked.length, 3)
    mock.timers.tick(2000)
    await settle()
    assert.equal(source.data?.timeline.length, 2)
    assert.equal(source.state.value.error, '')
    mock.timers.tick(600_000)
    await settle()
    assert.equal(asked.length, 4, 'what has been read is not read again')
    end()
    unwatch()
  })

  test('that comes while the whole is being read does not stop the reading, and stays newer than it', async () => {
    let answer: (r: Response) => void = () => undefined
    answers = [ok(D), () => new Promise((done) => { answer = done })]
    const source = deployment('d1')
    const unwatch = source.watch(0)
    await settle()
    const end = follow('d1')
    FakeEvents.last.tell({ state: 'creating', step: 'START', name: 'site', health: 'none' })
    await settle()
    FakeEvents.last.tell({ state: 'creating', step: 'START', name: 'site', health: 'none', progress: { step: 4, steps: 6, text: 'nearly', percent: null } })
    answer(ok({ ...D, step: 'START', timeline: [{ at: 1 }, { at: 2 }], progress: { step: 3, steps: 6, text: 'old', percent: null } })())
    await settle()
    assert.equal(source.data?.timeline.length, 2)
    assert.equal(source.data?.progress?.text, 'nearly')
    end()
    unwatch()
  })

  test('that says "deleted" is the last one', () => {
    const end = follow('d1')
    FakeEvents.last.tell({ ...D, state: 'deleted' })
    assert.equal(FakeEvents.last.closed, true)
    mock.timers.tick(600_000)
    assert.equal(FakeEvents.all.length, 1)
    end()
  })
})

describe('a connection for events', () => {
  test('that is refused is opened again, with pauses that grow to half a minute, and what happened meanwhile is read', async () => {
    let back = 0
    const end = events('/e', () => undefined, () => { back++ })
    FakeEvents.last.onopen?.()
    assert.equal(back, 0)
    for (const most of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const before = FakeEvents.all.length
      FakeEvents.last.onerror?.()
      assert.equal(FakeEvents.last.closed, true)
      mock.timers.tick(most / 2 - 1)
      assert.equal(FakeEvents.all.length, before, `not before ${most / 2} ms`)
      mock.timers.tick(most / 2 + 1)
      assert.equal(FakeEvents.all.length, before + 1, `after ${most} ms`)
    }
    FakeEvents.last.onopen?.()
    assert.equal(back, 1)
    mock.timers.tick(60_000) // it has been steady: the next loss is a first one
    FakeEvents.last.onerror?.()
    const before = FakeEvents.all.length
    mock.timers.tick(1000)
    assert.equal(FakeEvents.all.length, before + 1)
    end()
  })

  test('ends with the view, also while it waits', () => {
    const end = events('/e', () => undefined, () => undefined)
    FakeEvents.last.onerror?.()
    end()
    mock.timers.tick(600_000)
    assert.equal(FakeEvents.all.length, 1)
    const open = events('/e', () => undefined, () => undefined)
    open()
    assert.equal(FakeEvents.last.closed, true)
    assert.equal(FakeEvents.last.onerror, null)
  })

  test('pauses differ from page to page', () => {
    assert.equal(pause(1, 0), 500)
    assert.equal(pause(1, 1), 1000)
    assert.equal(pause(5, 0.5), 12_000)
    assert.equal(pause(1e9, 1), 30_000)
    assert.ok(new Set(Array.from({ length: 20 }, () => pause(3))).size > 1)
  })
})

describe('what is watched', () => {
  test('is read each period, not while nobody sees it, and not after the view is gone', async () => {
    let reads = 0
    const s = new Source(async () => ++reads)
    const end = s.watch(10_000)
    await settle()
    mock.timers.tick(10_000)
    await settle()
    assert.equal(reads, 2)
    Object.assign(document, { hidden: true })
    mock.timers.tick(50_000)
    await settle()
    assert.equal(reads, 2)
    Object.assign(document, { hidden: false })
    mock.timers.tick(10_000)
    await settle()
    assert.equal(reads, 3)
    end()
    mock.timers.tick(100_000)
    await settle()
    assert.equal(reads, 3)
  })

  test('that is not answered at all is asked for again', async () => {
    let reads = 0
    const s = new Source((signal) => ++reads > 1 ? Promise.resolve(reads) : new Promise<number>((_, fail) => {
      signal.addEventListener('abort', () => fail(new DOMException('aborted', 'AbortError')))
    }))
    const end = s.watch(0)
    await settle()
    mock.timers.tick(60_000)
    await settle()
    assert.match(s.state.value.error, /does not answer/)
    mock.timers.tick(1000)
    await settle()
    assert.deepEqual(s.state.value, { data: 2, error: '', loading: false })
    end()
  })

  test('is not asked for again and again when it is refused for good', async () => {
    let reads = 0
    const s = new Source(async () => { reads++; throw new ApiError(404, 'No such deployment') })
    const end = s.watch(0)
    await settle()
    mock.timers.tick(600_000)
    await settle()
    assert.equal(reads, 1)
    assert.equal(s.state.value.error, 'No such deployment')
    end()
  })
})

describe('a log', () => {
  const text = (parts: string[], broken = false) => (): Response => new Response(new ReadableStream({
    start(c) {
      for (const p of parts) c.enqueue(new TextEncoder().encode(p))
      if (broken) setImmediate(() => c.error(new TypeError('network error')))
      else c.close()
    }
  }))

  test('whose connection breaks is read again, without its lines standing there twice', async () => {
    answers = [text(['one\n'], true), away, text(['one\n', 'two\n'])]
    const ended = new AbortController()
    const all = followLog('d1', 'web', ended.signal)
    await settle()
    assert.deepEqual({ ...log.value, error: log.value.error !== '' }, { text: 'one\n', live: false, error: true })
    mock.timers.tick(1000)
    await settle()
    mock.timers.tick(2000)
    await settle()
    await all
    assert.deepEqual(log.value, { text: 'one\ntwo\n', live: false, error: '' })
    assert.equal(asked.length, 3)
  })

  test('that is refused, or that nobody reads any more, is not asked for again', async () => {
    answers = [() => new Response('{"error":"no such container"}', { status: 404 }), away]
    await followLog('d1', 'web', new AbortController().signal)
    assert.equal(log.value.error, 'No such container.')
    const ended = new AbortController()
    const all = followLog('d1', 'web', ended.signal)
    await settle()
    ended.abort()
    await all
    mock.timers.tick(600_000)
    await settle()
    assert.equal(asked.length, 2)
  })
})
