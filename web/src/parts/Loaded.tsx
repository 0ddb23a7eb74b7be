// SPDX-License-Identifier: Apache-2.0
// The three faces of everything that is read from the node: on its way, failed, there.
import type { ComponentChildren } from 'preact'
import type { Remote } from '../state/remote.ts'
import { t } from '../texts.ts'
import { Icon, type IconName } from './Icon.tsx'

export const Skeleton = ({ rows = 3 }: { rows?: number }) => (
  <div class="skeleton" role="status" aria-label={t.loading}>
    {Array.from({ length: rows }, (_, i) => <span key={i} />)}
  </div>
)

export const Failed = ({ text, again }: { text: string; again?: (() => void) | undefined }) => (
  <div class="note bad" role="alert">
    <Icon name="warn" />
    <div><p>{text}</p>{again && <button class="button small" type="button" onClick={again}>{t.again}</button>}</div>
  </div>
)

export interface EmptyProps { icon: IconName; title: string; text?: string; children?: ComponentChildren }
export const Empty = ({ icon, title, text, children }: EmptyProps) => (
  <div class="empty">
    <span class="empty-icon"><Icon name={icon} size={32} /></span>
    <p class="empty-title">{title}</p>
    {text && <p>{text}</p>}
    {children}
  </div>
)

interface LoadedProps<T> {
  of: Remote<T>
  again?: () => void
  rows?: number
  empty?: ComponentChildren
  children: (data: T) => ComponentChildren
}

export function Loaded<T>({ of, again, rows, empty, children }: LoadedProps<T>) {
  if (of.data === null) return of.error ? <Failed text={of.error} again={again} /> : <Skeleton rows={rows ?? 3} />
  const none = Array.isArray(of.data) && of.data.length === 0 && empty
  return <>{of.error && <Failed text={of.error} again={again} />}{none || children(of.data)}</>
}
