// SPDX-License-Identifier: Apache-2.0
// A WebSocket to a route of this node. The browser says nothing of why it was refused: who wants to know asks the route.
import { ApiError, get } from './client.ts'

export interface Socket { bytes: (channel: number, data: Uint8Array) => void; say: (word: unknown) => void; close: () => void; waiting: () => number }
export interface Ears { open: () => void; bytes: (channel: number, data: Uint8Array) => void; word: (word: Record<string, unknown>) => void; closed: (reason: string) => void }

export function socket(path: string, ears: Ears): Socket {
  const ws = new WebSocket(new URL(path, location.href.replace(/^http/, 'ws')))
  ws.binaryType = 'arraybuffer'
  ws.onopen = () => ears.open()
  ws.onclose = (e) => ears.closed(e.reason)
  ws.onmessage = (m: MessageEvent<string | ArrayBuffer>) => {
    if (typeof m.data === 'string') ears.word(JSON.parse(m.data) as Record<string, unknown>)
    else ears.bytes(new Uint8Array(m.data)[0] ?? 0, new Uint8Array(m.data, 1))
  }
  const ready = (): boolean => ws.readyState === WebSocket.OPEN
  return {
    bytes: (channel, data) => {
      const message = new Uint8Array(data.length + 1)
      message[0] = channel
      message.set(data, 1)
      if (ready()) ws.send(message)
    },
    say: (word) => { if (ready()) ws.send(JSON.stringify(word)) },
    close: () => ws.close(),
    waiting: () => ws.bufferedAmount
  }
}

/** Why a route would refuse the socket; null: it would not. */
export async function refusal(path: string): Promise<ApiError | null> {
  try {
    await get(path)
  } catch (e) {
    if (e instanceof ApiError && e.status !== 426) return e
  }
  return null
}
