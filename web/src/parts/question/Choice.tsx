// SPDX-License-Identifier: Apache-2.0
// Questions with options: one of them, several of them, yes or no.
import type { Option } from '../../api/shapes.ts'
import { t } from '../../texts.ts'
import { Field, Group } from '../Field.tsx'
import type { Asked } from './Line.tsx'

const Pickable = ({ o, type, name, checked, on }: { o: Option; type: 'radio' | 'checkbox'; name: string; checked: boolean; on: () => void }) => (
  <label class={o.disabled ? 'pick off' : 'pick'}>
    <input type={type} name={name} value={o.value} checked={checked} disabled={o.disabled} onChange={on} />
    <span><span class="pick-label">{o.label}</span>{o.note && <span class="pick-note">{o.note}</span>}</span>
  </label>
)

/** choice, size, pool: all options in sight. */
export const Choice = ({ q, value, error, on }: Asked) => (
  <Group label={q.label} help={q.help} error={error} optional={!q.required}>
    <div class="picks">
      {(q.options ?? []).map((o) => (
        <Pickable key={o.value} o={o} type="radio" name={q.name} checked={value === o.value} on={() => on(o.value)} />
      ))}
    </div>
  </Group>
)

export const Dropdown = ({ q, value, error, on }: Asked) => (
  <Field label={q.label} help={q.help} error={error} optional={!q.required}>
    {(tie) => (
      <select {...tie} class="input" value={String(value ?? '')} onChange={(e) => on(e.currentTarget.value)}>
        <option value="">{t.wizard.choose}</option>
        {(q.options ?? []).map((o) => <option key={o.value} value={o.value} disabled={o.disabled}>{o.label}</option>)}
      </select>
    )}
  </Field>
)

export function Multi({ q, value, error, on }: Asked) {
  const chosen = Array.isArray(value) ? value as string[] : []
  const toggle = (v: string): void => on(chosen.includes(v) ? chosen.filter((x) => x !== v) : [...chosen, v])
  return (
    <Group label={q.label} help={[q.help, t.wizard.many(q.min, q.max)].filter(Boolean).join(' ')} error={error} optional={!q.required}>
      <div class="picks">
        {(q.options ?? []).map((o) => (
          <Pickable key={o.value} o={o} type="checkbox" name={q.name} checked={chosen.includes(o.value)} on={() => toggle(o.value)} />
        ))}
      </div>
    </Group>
  )
}

/** bool and confirm. */
export const Yes = ({ q, value, error, on }: Asked) => (
  <Field label={q.label} help={q.help} error={error}>
    {({ required: _, ...tie }) => (
      <span class="check">
        <input {...tie} type="checkbox" checked={value === true} onChange={(e) => on(e.currentTarget.checked)} />
        <span aria-hidden="true">{q.type === 'confirm' ? t.wizard.agree : t.yes}</span>
      </span>
    )}
  </Field>
)
