// SPDX-License-Identifier: Apache-2.0
// The catalogue.
import type { Package } from '../api/shapes.ts'
import { money } from '../format.ts'
import { Badge } from '../parts/bits.tsx'
import { Icon, categoryIcon } from '../parts/Icon.tsx'
import { Empty, Loaded } from '../parts/Loaded.tsx'
import { Page } from '../parts/Page.tsx'
import { link } from '../router.ts'
import { found, grouped, packages, search } from '../state/catalogue.ts'
import { useSource } from '../state/remote.ts'
import { t } from '../texts.ts'
import { Unfinished } from './Unfinished.tsx'

/** The least of what the sizes cost. */
export function cheapest(p: Package): string {
  const prices = p.sizes.flatMap((s) => s.perHour ? [s.perHour] : []).sort((a, b) => BigInt(a.amount) < BigInt(b.amount) ? -1 : 1)
  return prices[0] ? t.home.from(money(prices[0])) : ''
}

const Tile = ({ p }: { p: Package }) => (
  <li class={p.offered ? 'tile' : 'tile off'}>
    <div class="tile-top">
      <span class="tile-icon"><Icon name={categoryIcon(`${p.category} ${p.name}`)} size={24} /></span>
      {p.count > 0 && <Badge tone="good">{t.home.mine(p.count)}</Badge>}
      {!p.offered && <Badge>{t.home.notOffered}</Badge>}
    </div>
    <h3><a class="tile-link" href={link('solutions', p.name)}>{p.title}</a></h3>
    <p class="tile-text">{p.offered ? p.summary : p.reason || p.summary}</p>
    {p.offered && <p class="tile-price">{cheapest(p)}</p>}
  </li>
)

const Search = () => (
  <div class="search">
    <Icon name="search" />
    <input type="search" aria-label={t.home.search} placeholder={t.home.search} value={search.value}
      onInput={(e) => { search.value = e.currentTarget.value }} />
  </div>
)

function Shelves({ list }: { list: Package[] }) {
  const hits = list.filter((p) => found(p, search.value))
  return (
    <>
      <p class="hidden" role="status">{search.value && t.home.hits(hits.length)}</p>
      {hits.length === 0 && <Empty icon="search" title={t.home.none(search.value)} text={t.home.noneText} />}
      {grouped(hits).map(([category, members]) => (
        <section class="shelf" key={category} aria-label={category || t.home.notOffered}>
          <h2>{category || t.home.notOffered} <span class="count">{members.length}</span></h2>
          <ul class="tiles">{members.map((p) => <Tile key={p.name} p={p} />)}</ul>
        </section>
      ))}
    </>
  )
}

export function Home() {
  const source = packages()
  const list = useSource(source)
  return (
    <Page title={t.home.title} intro={t.home.intro} actions={<Search />} wide>
      <Unfinished />
      <Loaded of={list} again={() => void source.load()} rows={6} empty={<Empty icon="box" title={t.home.empty} text={t.home.emptyText} />}>
        {(data) => <Shelves list={data} />}
      </Loaded>
    </Page>
  )
}
