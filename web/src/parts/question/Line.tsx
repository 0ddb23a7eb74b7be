// SPDX-License-Identifier: Apache-2.0
// Questions that are answered with a line or some lines of text, or a number.
import type { Question } from '../../api/shapes.ts'
import { t } from '../../texts.ts'
import { Field } from '../Field.tsx'

export interface Asked { q: Question; value: unknown; error: string | undefined; on: (v: unknown) => void }

const AREAS: Record<string, number> = { text: 6, sshkey: 4 }
/** A secret is not shown while it is typed. (Preact's types know no input whose type varies.) */
const kind = (q: Question): { type: 'text' } => ({ type: (q.type === 'secret' ? 'password' : 'text') as 'text' })
const HINTS: Record<string, string | undefined> = {
  sshkey: 'ssh-ed25519 AAAA… you@example.org', giturl: 'https://git.example.org/you/site', domain: 'www.example.org'
}

const text = (v: unknown): string => typeof v === 'string' || typeof v === 'number' ? String(v) : ''

/** What bounds the answer, in words. */
export function limits(q: Question): string {
  if (q.type === 'int' || q.type === 'number') return t.wizard.range(q.min, q.max)
  if (['string', 'secret', 'text'].includes(q.type) && (q.min_length ?? 0) > 1) return t.wizard.minimum(q.min_length!)
  return ''
}

export function Line({ q, value, error, on }: Asked) {
  const rows = AREAS[q.type]
  const number = q.type === 'int' || q.type === 'number'
  const help = [q.help, limits(q), q.answered && t.wizard.keptSecret].filter(Boolean).join(' ')
  const change = (e: { currentTarget: HTMLInputElement | HTMLTextAreaElement }): void => on(asNumber(number, e.currentTarget.value))
  return (
    <Field label={q.label} help={help} error={error} optional={!q.required}>
      {(tie) => rows
        ? <textarea {...tie} class="input" rows={rows} value={text(value)} maxLength={q.max_length} spellcheck={false}
          placeholder={HINTS[q.type]} onInput={change} />
        : <input {...tie} {...kind(q)} class="input" inputMode={number ? 'decimal' : undefined}
          value={text(value)} maxLength={q.max_length} placeholder={HINTS[q.type]} spellcheck={false}
          autocomplete={q.type === 'secret' ? 'new-password' : 'off'} onInput={change} />}
    </Field>
  )
}

/** A number where it is one; else the text as typed, for the node to say what is wrong. */
function asNumber(number: boolean, typed: string): unknown {
  const plain = typed.trim().replace(',', '.')
  return number && plain !== '' && /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : typed
}
