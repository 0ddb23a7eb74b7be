// SPDX-License-Identifier: Apache-2.0
// Wizards that were begun and not finished.
import { Action, When } from '../parts/bits.tsx'
import { Icon } from '../parts/Icon.tsx'
import { link } from '../router.ts'
import { useSource } from '../state/remote.ts'
import { drop, unfinished } from '../state/wizard.ts'
import { t } from '../texts.ts'

export function Unfinished({ only }: { only?: string }) {
  const { data } = useSource(unfinished())
  const list = (data ?? []).filter((w) => w.state !== 'deployed' && (!only || w.package === only))
  if (!list.length) return null
  return (
    <section class="card quiet" aria-label={t.wizard.unfinished}>
      <h2>{t.wizard.unfinished}</h2>
      <ul class="plain">{list.map((w) => (
        <li key={w.id} class="row between wrap">
          <span><strong>{w.title}</strong> <span class="dim">{t.wizard.expires} <When at={w.expires} /></span></span>
          <span class="row">
            <Action kind="small" run={() => drop(w.id)} label={t.wizard.dropThis(w.title)}>{t.wizard.drop}</Action>
            <a class="button small primary" href={link('wizard', w.id)} aria-label={t.wizard.resumeThis(w.title)}><Icon name="next" size={16} />{t.wizard.resume}</a>
          </span>
        </li>
      ))}</ul>
    </section>
  )
}
