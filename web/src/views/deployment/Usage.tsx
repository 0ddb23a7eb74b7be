// SPDX-License-Identifier: Apache-2.0
// What it uses: processor, memory, disk, network.
import { useState } from 'preact/hooks'
import type { DeploymentFull, Metrics } from '../../api/shapes.ts'
import { bytes } from '../../format.ts'
import { Chart } from '../../parts/Chart.tsx'
import { Empty, Loaded } from '../../parts/Loaded.tsx'
import { metrics } from '../../state/deployments.ts'
import { useSource } from '../../state/remote.ts'
import { t } from '../../texts.ts'

const RANGES = { hour: 3600_000, day: 86_400_000, week: 604_800_000 }
type Range = keyof typeof RANGES

function Charts({ m, range }: { m: Metrics; range: Range }) {
  if (![m.cpu, m.memory, m.disk, m.rx, m.tx].some((s) => s.length)) return <Empty icon="chart" title={t.usage.empty} text={t.usage.emptyText} />
  const to = Date.now()
  const all = { step: m.step_s, from: to - RANGES[range], to }
  const rate = (v: number): string => `${bytes(v)}/s`
  return (
    <div class="charts">
      <Chart title={t.usage.cpu} samples={m.cpu} show={(v) => `${v.toFixed(v < 10 ? 1 : 0)} %`} tone="a" {...all} />
      <Chart title={t.usage.memory} samples={m.memory} show={bytes} tone="b" {...all} />
      <Chart title={t.usage.disk} samples={m.disk} show={bytes} tone="c" {...all} />
      <Chart title={t.usage.rx} samples={m.rx} show={rate} tone="d" {...all} />
      <Chart title={t.usage.tx} samples={m.tx} show={rate} tone="d" {...all} />
    </div>
  )
}

export function UsageTab({ d }: { d: DeploymentFull }) {
  const [range, setRange] = useState<Range>('hour')
  const source = metrics(d.id, range)
  const state = useSource(source, 15_000)
  return (
    <section class="stack" aria-label={t.deployment.tab.usage}>
      <div class="segments" role="group" aria-label={t.usage.range}>
        {(Object.keys(RANGES) as Range[]).map((r) => (
          <button key={r} type="button" aria-pressed={r === range} onClick={() => setRange(r)}>{t.usage.ranges[r]}</button>
        ))}
      </div>
      <Loaded of={state} again={() => void source.load()} rows={5}>{(m) => <Charts m={m} range={range} />}</Loaded>
    </section>
  )
}
