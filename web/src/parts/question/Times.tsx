// SPDX-License-Identifier: Apache-2.0
// Questions about time: a moment in the person's own time zone, and a duration such as "2w 3d".
import { t } from '../../texts.ts'
import { Field, Group } from '../Field.tsx'
import type { Asked } from './Line.tsx'

/** ms -> what a datetime-local input holds, in local time. */
export function local(ms: number): string {
  const d = new Date(ms)
  return new Date(ms - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

const DAY = 86_400_000

export function Datetime({ q, value, error, on }: Asked) {
  const min = local(Date.now() + (q.min ?? 0) * 1000)
  return (
    <Field label={q.label} help={q.help} error={error} optional={!q.required}>
      {(tie) => (
        <div class="row wrap">
          <input {...tie} class="input narrow" type="datetime-local" min={min} value={typeof value === 'number' ? local(value) : ''}
            onInput={(e) => on(e.currentTarget.value ? new Date(e.currentTarget.value).getTime() : undefined)} />
          {[1, 7, 30].map((days) => (
            <button key={days} class="button small" type="button" onClick={() => on(Math.ceil((Date.now() + days * DAY) / 60_000) * 60_000)}>
              {t.wizard.inDays(days)}
            </button>
          ))}
          {!q.required && value !== undefined && <button class="button small" type="button" onClick={() => on(undefined)}>{t.wizard.noEnd}</button>}
        </div>
      )}
    </Field>
  )
}

const UNITS = ['Y', 'M', 'w', 'd', 'h'] as const

/** "2w 3d" -> { w: 2, d: 3 } */
export function parts(text: unknown): Record<string, number> {
  const out: Record<string, number> = {}
  for (const m of String(text ?? '').matchAll(/(\d+)([YMwdh])/g)) out[m[2]!] = Number(m[1])
  return out
}

export function Duration({ q, value, error, on }: Asked) {
  const now = parts(value)
  const set = (unit: string, typed: string): void => {
    const next = { ...now, [unit]: Math.max(0, Math.floor(Number(typed) || 0)) }
    on(UNITS.filter((u) => next[u]).map((u) => `${next[u]}${u}`).join(' ') || undefined)
  }
  return (
    <Group label={q.label} help={q.help} error={error} optional={!q.required}>
      <div class="row wrap">
        {UNITS.map((u) => (
          <label key={u} class="unit">
            <input class="input" type="number" min="0" max="999" value={now[u] ?? ''} onInput={(e) => set(u, e.currentTarget.value)} />
            <span>{t.wizard.unit[u]}</span>
          </label>
        ))}
      </div>
    </Group>
  )
}
