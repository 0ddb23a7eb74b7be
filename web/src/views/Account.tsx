// SPDX-License-Identifier: Apache-2.0
// Who I am here, where I am logged in, how the page looks.
import type { Session } from '../api/shapes.ts'
import { Action, Badge, Card, Code, Facts, When } from '../parts/bits.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { Page } from '../parts/Page.tsx'
import { link } from '../router.ts'
import { useSource } from '../state/remote.ts'
import { endOthers, endSession, logout, options, person, sessions } from '../state/session.ts'
import { THEMES, setTheme, theme } from '../state/theme.ts'
import { t } from '../texts.ts'

/** "Firefox on Linux" of a user agent's long line. */
export function agent(s: string): string {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari|curl)\//.exec(s)?.[1] ?? s.split('/')[0] ?? ''
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(s)?.[1]
  return [browser.replace('Edg', 'Edge').replace('OPR', 'Opera'), system].filter(Boolean).join(', ') || t.account.unknown
}

const One = ({ s }: { s: Session }) => (
  <li class="row between wrap">
    <span><strong>{agent(s.agent)}</strong> {s.current && <Badge tone="good">{t.account.this}</Badge>}
      <br /><span class="small dim">{s.address} · {t.account.seen} <When at={s.seen} /> · {t.account.until} <When at={s.expires} /></span></span>
    {!s.current && <Action kind="small" run={() => endSession(s.id)} label={t.account.endThis(agent(s.agent))}>{t.account.end}</Action>}
  </li>
)

export function Account() {
  const source = sessions()
  const state = useSource(source)
  const who = person.value!
  return (
    <Page title={t.account.title} actions={<Action icon="out" run={logout}>{t.account.logout}</Action>}>
      <Card title={t.account.you}>
        <Facts of={[[t.account.name, <Code text={who.name} label={t.account.name} />], [t.account.kind, t.account.kinds[who.kind] ?? who.kind],
          ...(who.email ? [[t.account.email, who.email] as [string, string]] : []), [t.account.id, <Code text={who.id} label={t.account.id} />],
          [t.terms.title, <a href={link('terms')}>{t.account.readTerms}</a>], [t.account.version, options.value?.version ?? '']]} />
      </Card>
      <Card title={t.account.look}>
        <div class="segments" role="group" aria-label={t.account.look}>
          {THEMES.map((x) => <button key={x} type="button" aria-pressed={x === theme.value} onClick={() => setTheme(x)}>{t.account.themes[x]}</button>)}
        </div>
      </Card>
      <Card title={t.account.sessions}>
        <Loaded of={state} again={() => void source.load()}>
          {({ sessions: list }) => <>
            <ul class="plain">{list.map((s) => <One key={s.id} s={s} />)}</ul>
            {list.length > 1 && <div><Action run={endOthers}>{t.account.endOthers}</Action></div>}
          </>}
        </Loaded>
      </Card>
    </Page>
  )
}
