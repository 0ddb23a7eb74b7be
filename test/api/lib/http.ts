// SPDX-License-Identifier: Apache-2.0
// Requests as they go over the wire, for what a polite client library never sends.

export interface Reply { status: number; text: string; headers: Headers }

export async function http(url: string, init?: RequestInit): Promise<Reply> {
  const r = await fetch(url, init)
  return { status: r.status, text: await r.text(), headers: r.headers }
}

export const post = (url: string, body: unknown): Promise<Reply> =>
  http(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body)
  })
