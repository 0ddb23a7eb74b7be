// SPDX-License-Identifier: Apache-2.0
// Pairs of texts, a file, and a note that asks nothing.
import { useState } from 'preact/hooks'
import type { Question } from '../../api/shapes.ts'
import { bytes } from '../../format.ts'
import { t } from '../../texts.ts'
import { Field, Group } from '../Field.tsx'
import { Icon } from '../Icon.tsx'
import type { Asked } from './Line.tsx'

type Pair = [string, string]

export function KeyValue({ q, value, error, on }: Asked) {
  const [rows, setRows] = useState<Pair[]>(() => [...Object.entries((value ?? {}) as Record<string, string>), ['', '']])
  const change = (next: Pair[]): void => {
    setRows(next.length && next[next.length - 1]![0] === '' ? next : [...next, ['', '']])
    on(Object.fromEntries(next.filter(([k]) => k !== '')))
  }
  const set = (i: number, at: 0 | 1, v: string): void =>
    change(rows.map((r, n) => n !== i ? r : at === 0 ? [v, r[1]] : [r[0], v]))
  return (
    <Group label={q.label} help={q.help} error={error} optional={!q.required}>
      {rows.map(([k, v], i) => (
        <div class="pair" key={i}>
          <input class="input" aria-label={t.wizard.pairName(i + 1)} value={k} placeholder={t.wizard.pairNameHint} onInput={(e) => set(i, 0, e.currentTarget.value)} />
          <input class="input" aria-label={t.wizard.pairValue(i + 1)} value={v} placeholder={t.wizard.pairValueHint} onInput={(e) => set(i, 1, e.currentTarget.value)} />
          <button class="icon-button" type="button" aria-label={t.wizard.pairDrop(i + 1)} onClick={() => change(rows.filter((_, n) => n !== i))}>
            <Icon name="close" size={16} />
          </button>
        </div>
      ))}
    </Group>
  )
}

interface Chosen { name: string; type: string; content: string }

async function read(file: File): Promise<Chosen> {
  const data = new Uint8Array(await file.arrayBuffer())
  let text = ''
  for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192))
  return { name: file.name, type: file.type, content: btoa(text) }
}

export function FileField({ q, value, error, on }: Asked) {
  const [large, setLarge] = useState('')
  const most = q.max_size ?? 256 * 1024
  const chosen = (value ?? q.value) as Chosen | undefined
  const pick = (file: File | undefined): void => {
    setLarge(file && file.size > most ? t.wizard.fileLarge(bytes(file.size), bytes(most)) : '')
    if (!file || file.size > most) on(undefined)
    else void read(file).then(on)
  }
  return (
    <Field label={q.label} help={[q.help, t.wizard.fileMost(bytes(most))].filter(Boolean).join(' ')} error={large || error} optional={!q.required}>
      {(tie) => <>
        <input {...tie} class="input" type="file" accept={q.allowed_types?.join(',')} onChange={(e) => pick(e.currentTarget.files?.[0])} />
        {chosen?.name && <p class="help">{t.wizard.fileChosen(chosen.name)}</p>}
      </>}
    </Field>
  )
}

export const NoteText = ({ q }: { q: Question }) => (
  <div class="note calm"><Icon name="info" /><div><p><strong>{q.label}</strong></p>{q.help && <p class="lines-kept">{q.help}</p>}</div></div>
)
