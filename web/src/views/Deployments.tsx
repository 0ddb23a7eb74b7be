// SPDX-License-Identifier: Apache-2.0
// My deployments.
import type { Deployment } from '../api/shapes.ts'
import { When } from '../parts/bits.tsx'
import { Icon, categoryIcon } from '../parts/Icon.tsx'
import { Empty, Loaded } from '../parts/Loaded.tsx'
import { Money } from '../parts/Money.tsx'
import { Page } from '../parts/Page.tsx'
import { Status } from '../parts/Status.tsx'
import { sentence } from '../format.ts'
import { link } from '../router.ts'
import { deployments, isBusy } from '../state/deployments.ts'
import { useSource } from '../state/remote.ts'
import { t } from '../texts.ts'

const Row = ({ d }: { d: Deployment }) => (
  <li class="entry">
    <span class="tile-icon"><Icon name={categoryIcon(d.package)} /></span>
    <div class="entry-main">
      <a class="tile-link" href={link('deployments', d.id)}><strong>{d.name}</strong></a>
      <span class="dim">{d.title} {d.version}</span>
      {d.reason && d.state !== 'running' && <span class="small">{sentence(d.reason)}</span>}
    </div>
    <div class="entry-side">
      <Status of={d} />
      <span class="small dim"><Money of={d.perHour} /> {t.quote.perHour}</span>
      {d.ends ? <span class="small dim">{t.deployment.ends} <When at={d.ends} /></span> : null}
      {d.newVersion && (d.state === 'running' || d.state === 'stopped') && <span class="small accent">{t.deployment.newVersion(d.newVersion)}</span>}
    </div>
  </li>
)

export function Deployments() {
  const source = deployments()
  const state = useSource(source, (source.data ?? []).some(isBusy) ? 2000 : 10_000)
  const none = (
    <Empty icon="rocket" title={t.deployments.empty} text={t.deployments.emptyText}>
      <a class="button primary" href="#/">{t.deployments.first}</a>
    </Empty>
  )
  return (
    <Page title={t.deployments.title} intro={t.deployments.intro}
      actions={<a class="button primary" href="#/"><Icon name="plus" size={18} />{t.deployments.new}</a>}>
      <Loaded of={state} again={() => void source.load()} empty={none}>
        {(list) => <ul class="entries" aria-busy={list.some(isBusy) || undefined}>{list.map((d) => <Row key={d.id} d={d} />)}</ul>}
      </Loaded>
      <p class="small"><a href={link('adopt')}>{t.adopt.title}</a></p>
    </Page>
  )
}
