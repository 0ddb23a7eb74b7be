// SPDX-License-Identifier: Apache-2.0
// The frame of a page: its heading takes the focus when the page changes, so that a screen reader starts there.
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { place } from '../router.ts'
import { t } from '../texts.ts'
import { Icon } from './Icon.tsx'

let first = true

export interface PageProps {
  title: string
  intro?: ComponentChildren
  up?: { href: string; text: string }
  beside?: ComponentChildren
  actions?: ComponentChildren
  wide?: boolean
  children: ComponentChildren
}

export function Page({ title, intro, up, beside, actions, wide, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => { document.title = `${title} – ${t.product}` }, [title])
  const here = place.value
  useLayoutEffect(() => { // not later: somebody may be typing then
    if (!first) heading.current?.focus({ preventScroll: true })
    first = false
  }, [here])
  return (
    <div class={wide ? 'page wide' : 'page'}>
      {up && <a class="up" href={up.href}><Icon name="back" size={16} />{up.text}</a>}
      <div class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>{title} {beside}</h1>
          {intro && <p class="intro">{intro}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </div>
  )
}
