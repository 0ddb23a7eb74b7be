// SPDX-License-Identifier: Apache-2.0
// Pages beside each other: links, so that back, forward and reload work. Where they do not fit, the row can be scrolled and
// the current one is brought into sight.
import { useEffect, useRef } from 'preact/hooks'

export interface Tab { href: string; text: string; current: boolean }

export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }) {
  const row = useRef<HTMLElement>(null)
  const current = tabs.find((x) => x.current)?.href
  useEffect(() => {
    const tab = row.current?.querySelector<HTMLElement>('[aria-current]')
    if (tab && row.current) row.current.scrollLeft = tab.offsetLeft - (row.current.clientWidth - tab.clientWidth) / 2
  }, [current])
  return (
    <nav ref={row} class="tabs" aria-label={label}>
      {tabs.map((x) => <a key={x.href} href={x.href} aria-current={x.current ? 'page' : undefined}>{x.text}</a>)}
    </nav>
  )
}
