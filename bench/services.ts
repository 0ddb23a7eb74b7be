// SPDX-License-Identifier: Apache-2.0
// 50 deployments of 10 owners at once: how long, how much memory, how fast lists are, and that nobody reaches anybody.
import { readFileSync } from 'node:fs'
import { engine } from '../test/api/lib/docker.ts'
import { Services, inside, manySmall, type Customer } from '../test/api/lib/services.ts'
import type { Figure } from './run.ts'

const OWNERS = 10
const EACH = 5

const rss = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
const at = (list: number[], part: number): string => ([...list].sort((a, b) => a - b)[Math.floor(list.length * part)] ?? NaN).toFixed(1)
const ms = (list: number[]): string => `${at(list, 0.5)} ms (p99: ${at(list, 0.99)})`

interface Box { name: string; owner: number; ip: string }

/** The web containers of everybody with their addresses. */
async function boxes(all: string[][]): Promise<Box[]> {
  const list: Box[] = []
  for (const [owner, ids] of all.entries()) {
    for (const id of ids) {
      const c = await engine<any>(`/v1.41/containers/atoll-s-${id.slice(0, 8)}-web/json`)
      list.push({ name: c.Name, owner, ip: (Object.values(c.NetworkSettings.Networks)[0] as any).IPAddress })
    }
  }
  return list
}

/** One container of each owner tries one of each other owner, and the node. Answers how many got through. */
async function leaks(list: Box[], port: string): Promise<number> {
  const first = [...new Map(list.map((b) => [b.owner, b])).values()]
  let through = 0
  for (const from of first) {
    const tries = first.filter((to) => to !== from).map((to) => inside(from.name, to.ip, '8080'))
    tries.push(inside(from.name, '172.17.0.1', port))
    through += (await Promise.all(tries)).filter(Boolean).length
  }
  return through
}

async function lists(s: Services, who: Customer[]): Promise<{ own: string; all: string }> {
  const own: number[] = []
  const all: number[] = []
  for (let i = 0; i < 100; i++) {
    let t = performance.now()
    await who[i % who.length]?.list()
    own.push(performance.now() - t)
    t = performance.now()
    await s.operator.read('/marketplace/api/admin/deployments')
    all.push(performance.now() - t)
  }
  return { own: ms(own), all: ms(all) }
}

export async function benchServices(): Promise<Figure[]> {
  const s = await Services.begin((w) => ({ DOCKER_COMPUTE_ENVIRONMENTS: JSON.stringify(manySmall(w.chain.ocean, 64)) }), [{ start: 300 }])
  try {
    const who: Customer[] = []
    for (let i = 0; i < OWNERS; i++) who.push(await s.customer(`owner-${i}`))
    const began = performance.now()
    const all = await Promise.all(who.map((c, i) => Promise.all(Array.from({ length: EACH }, (_, k) => c.hello(`site-${i}-${k}`)))))
    await Promise.all(all.map((ids, i) => Promise.all(ids.map((id) => who[i]?.becomes(id, (d) => d.state === 'running')))))
    const took = (performance.now() - began) / 1000
    const speed = await lists(s, who)
    const through = await leaks(await boxes(all), new URL(s.w.url).port)
    const memory = rss(s.w.node.pid)
    return [
      { name: `${OWNERS * EACH} deployments of ${OWNERS} owners at once, until all are healthy`, value: `${took.toFixed(1)} s`, floor: '', goal: '' },
      { name: 'connections between owners that got through', value: String(through), floor: '0', goal: '0' },
      { name: 'memory of the node with them', value: `${memory.toFixed(1)} MiB`, floor: '', goal: '64 MiB' },
      { name: 'the list of one owner (5)', value: speed.own, floor: '', goal: '50 ms' },
      { name: 'the list of everybody (50)', value: speed.all, floor: '', goal: '50 ms' }
    ]
  } finally {
    await s.stop()
  }
}
