// SPDX-License-Identifier: Apache-2.0
// Small things that many views show.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { ago, date } from '../format.ts'
import { copy } from '../state/deployments.ts'
import { t } from '../texts.ts'
import { Icon, type IconName } from './Icon.tsx'

export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'calm'

export const Badge = ({ tone = 'calm', children }: { tone?: Tone; children: ComponentChildren }) => (
  <span class={`badge ${tone}`}>{children}</span>
)

export const Note = ({ tone = 'calm', icon = 'info', children }: { tone?: Tone; icon?: IconName; children: ComponentChildren }) => (
  <div class={`note ${tone}`}><Icon name={icon} /><div>{children}</div></div>
)

/** How long ago, with the exact time for whoever asks. */
export const When = ({ at }: { at: number | null | undefined }) =>
  at ? <time dateTime={new Date(at).toISOString()} title={date(at)}>{ago(at)}</time> : <span class="dim">{t.never}</span>

export const Facts = ({ of }: { of: Array<[string, ComponentChildren]> }) => (
  <dl class="facts">{of.map(([label, value]) => <div key={label}><dt>{label}</dt><dd>{value}</dd></div>)}</dl>
)

export const Card = ({ title, aside, children }: { title?: string; aside?: ComponentChildren; children: ComponentChildren }) => (
  <section class="card" aria-label={title}>
    {title && <div class="card-head"><h2>{title}</h2>{aside}</div>}
    {children}
  </section>
)

export const Copy = ({ text, label }: { text: string; label: string }) => (
  <button class="icon-button" type="button" aria-label={t.copy(label)} title={t.copy(label)} onClick={() => void copy(text)}>
    <Icon name="copy" size={16} />
  </button>
)

export const Code = ({ text, label }: { text: string; label: string }) => (
  <span class="code-line"><code>{text}</code><Copy text={text} label={label} /></span>
)

interface ActionProps {
  run: () => Promise<unknown>
  kind?: string
  icon?: IconName
  disabled?: boolean
  label?: string
  children: ComponentChildren
}
/** A button that is out of use while what it started runs. */
export function Action({ run, kind = '', icon, disabled, label, children }: ActionProps) {
  const [busy, setBusy] = useState(false)
  const click = (): void => {
    if (busy) return
    setBusy(true)
    void run().finally(() => setBusy(false))
  }
  return (
    <button class={`button ${kind}`} type="button" disabled={disabled} aria-label={label} aria-busy={busy || undefined} onClick={click}>
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} size={18} />}{children}
    </button>
  )
}
