// SPDX-License-Identifier: Apache-2.0
// How long a node takes to answer its first request, and what memory it holds when idle.
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { World } from '../test/api/fixtures.ts'
import type { Figure } from './run.ts'

const ROUNDS = 10

export const median = (list: number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? NaN

/** One request on a connection of its own; true when it was answered. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const s = createConnection(port, '127.0.0.1', () => s.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'))
    s.once('data', (d) => { s.destroy(); resolve(d.toString('latin1').startsWith('HTTP/1.1 200')) })
    s.once('error', () => resolve(false))
  })
}

export async function benchStart(w: World): Promise<Figure[]> {
  const port = Number(new URL(w.url).port)
  const times: number[] = []
  for (let i = 0; i < ROUNDS; i++) {
    await w.node.stop()
    const began = performance.now()
    w.launchNode()
    while (!await answers(port)) await sleep(0.5)
    times.push(performance.now() - began)
  }
  await sleep(5000)
  const status = readFileSync(`/proc/${w.node.pid}/status`, 'utf8')
  const rss = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
  return [
    { name: `start to first answer, median of ${ROUNDS}`, value: `${median(times).toFixed(0)} ms`, floor: '', goal: '100 ms' },
    { name: 'idle memory (RSS)', value: `${rss.toFixed(1)} MiB`, floor: '', goal: '20 MiB' }
  ]
}
