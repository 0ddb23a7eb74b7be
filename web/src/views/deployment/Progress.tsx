// SPDX-License-Identifier: Apache-2.0
// How far something has come, live.
import type { DeploymentFull } from '../../api/shapes.ts'
import { sentence } from '../../format.ts'
import { t } from '../../texts.ts'

export function Progress({ d }: { d: DeploymentFull }) {
  const p = d.progress
  const part = p && p.steps > 0 ? (p.step + (p.percent ?? 0) / 100) / p.steps : undefined
  return (
    <section class="card progress" aria-label={t.deployment.progress}>
      <div class="row between">
        <strong>{t.state(d.state)}</strong>
        <span class="dim">{p && p.steps > 0 ? t.deployment.step(Math.min(p.step + 1, p.steps), p.steps) : ''}</span>
      </div>
      <progress max={1} value={part} aria-label={t.deployment.progress} />
      <p role="status" aria-live="polite" class="progress-text"><span class="spinner" aria-hidden="true" />{p?.text ? sentence(p.text).replace(/\.$/, ' …') : t.deployment.waiting}</p>
    </section>
  )
}
