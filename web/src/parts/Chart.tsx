// SPDX-License-Identifier: Apache-2.0
// A line over time, as SVG: an area, three grid lines, and the newest value in words. The same numbers stand in a
// sentence for whoever does not see it.
import type { Samples } from '../api/shapes.ts'
import { date } from '../format.ts'
import { t } from '../texts.ts'

const W = 600
const H = 140

/** The next of 1, 2, 5, 10, 20, ... so that the grid has round numbers. */
export function top(max: number): number {
  if (max <= 0) return 1
  const ten = 10 ** Math.floor(Math.log10(max))
  return ten * ([1, 2, 5, 10].find((n) => n * ten >= max) ?? 10)
}

/** Points "x,y" of each unbroken run: a gap of more than three steps is a gap in the line. */
export function runs(samples: Samples, from: number, to: number, most: number, step: number): string[][] {
  const out: string[][] = []
  let last = -Infinity
  for (const [at, value] of samples) {
    if (at - last > 3 * step) out.push([])
    out[out.length - 1]!.push(`${((at - from) / (to - from || 1) * W).toFixed(1)},${(H - Math.min(value / most, 1) * H).toFixed(1)}`)
    last = at
  }
  return out
}

interface ChartProps { title: string; samples: Samples; step: number; show: (v: number) => string; from: number; to: number; tone?: string }

export function Chart({ title, samples, step, show, from, to, tone = 'a' }: ChartProps) {
  const values = samples.map(([, v]) => v)
  const now = values[values.length - 1]
  const most = top(Math.max(0, ...values))
  return (
    <figure class={`chart tone-${tone}`}>
      <figcaption><span>{title}</span><strong>{now === undefined ? t.none : show(now)}</strong></figcaption>
      <div class="chart-box">
        <span class="chart-top">{show(most)}</span>
        <svg viewBox={`0 0 ${W} ${H}`} preserveAspectRatio="none" role="img"
          aria-label={now === undefined ? t.usage.nothing(title) : t.usage.said(title, show(now), show(Math.max(...values)))}>
          {[0, H / 2, H].map((y) => <line key={y} x1="0" x2={W} y1={y} y2={y} class="grid" />)}
          {runs(samples, from, to, most, step * 1000).map((run) => <g key={run[0]}>
            <polygon class="area" points={`${run[0]!.split(',')[0]},${H} ${run.join(' ')} ${run[run.length - 1]!.split(',')[0]},${H}`} />
            <polyline class="line" points={run.join(' ')} vector-effect="non-scaling-stroke" />
          </g>)}
        </svg>
      </div>
      <p class="chart-times"><span>{date(from)}</span><span>{t.usage.now}</span></p>
    </figure>
  )
}
