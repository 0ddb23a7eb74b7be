// SPDX-License-Identifier: Apache-2.0
// Pages beside each other: links, so that back, forward and reload work.
export interface Tab { href: string; text: string; current: boolean }

export const Tabs = ({ label, tabs }: { label: string; tabs: Tab[] }) => (
  <nav class="tabs" aria-label={label}>
    {tabs.map((x) => <a key={x.href} href={x.href} aria-current={x.current ? 'page' : undefined}>{x.text}</a>)}
  </nav>
)
