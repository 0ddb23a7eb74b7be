// SPDX-License-Identifier: Apache-2.0
// What has just happened: shown for a while and read out by screen readers.
import { signal } from '@preact/signals'
import { explain } from '../api/client.ts'

export interface Notice { id: number; kind: 'ok' | 'error'; text: string }

export const notices = signal<Notice[]>([])
/** Read out, not shown: progress, a new page. */
export const spoken = signal('')
let last = 0

export function dismiss(id: number): void { notices.value = notices.value.filter((n) => n.id !== id) }

export function tell(text: string, kind: Notice['kind'] = 'ok'): void {
  const id = ++last
  notices.value = [...notices.value.slice(-3), { id, kind, text }]
  if (kind === 'ok') setTimeout(() => dismiss(id), 8000)
}

export function say(text: string): void { spoken.value = text }

/** Does something that may fail and tells how it went; true when it went well. */
export async function attempt(what: () => Promise<unknown>, done = ''): Promise<boolean> {
  try {
    await what()
    if (done) tell(done)
    return true
  } catch (e) {
    tell(explain(e), 'error')
    return false
  }
}
