// SPDX-License-Identifier: Apache-2.0
// Search among 100,000 made-up assets; search.c writes, asks and measures, in one process.
import { run } from '../test/api/lib/process.ts'
import type { Figure } from './run.ts'

interface Line { name: string; value?: number; unit?: string; goal?: number; ms?: [number, number]; floor?: [number, number]; cpu?: number }

const pair = (ms?: [number, number]): string => ms ? `${ms[0].toFixed(1)} / ${ms[1].toFixed(1)} ms` : ''

export async function benchSearch(): Promise<Figure[]> {
  const r = await run('../build/bench/bench_search', [], process.env, 3_600_000)
  if (r.status !== 0) throw new Error(r.output)
  const lines = r.output.trim().split('\n').map((l) => JSON.parse(l) as Line)
  return lines.map((l) => ({
    name: l.ms ? `search, p50 / p99: ${l.name}` : `search: ${l.name}`,
    value: l.ms ? pair(l.ms) : `${l.value} ${l.unit ?? ''}`.trim(), floor: pair(l.floor), goal: l.goal ? `${l.goal} ms` : ''
  }))
}
