// SPDX-License-Identifier: Apache-2.0
// The shell: who is asked first (login, terms), then the page that the address names, inside header and navigation.
import type { JSX } from 'preact'
import { Icon, type IconName } from './parts/Icon.tsx'
import { Failed, Skeleton } from './parts/Loaded.tsx'
import { Note } from './parts/bits.tsx'
import { Notices } from './parts/Notices.tsx'
import { link, route } from './router.ts'
import { down, options, person, start } from './state/session.ts'
import { t } from './texts.ts'
import { Account } from './views/Account.tsx'
import { Adopt } from './views/Adopt.tsx'
import { DeploymentView } from './views/Deployment.tsx'
import { Deployments } from './views/Deployments.tsx'
import { Home } from './views/Home.tsx'
import { Login } from './views/Login.tsx'
import { Missing } from './views/Missing.tsx'
import { Operator } from './views/operator/Operator.tsx'
import { PoolView } from './views/Pool.tsx'
import { Pools } from './views/Pools.tsx'
import { Solution } from './views/Solution.tsx'
import { TermsView } from './views/Terms.tsx'
import { WizardView } from './views/Wizard.tsx'

const PAGES: Record<string, (rest: string[]) => JSX.Element> = {
  '': () => <Home />,
  solutions: ([name]) => name ? <Solution key={name} name={name} /> : <Home />,
  wizard: ([id]) => id ? <WizardView key={id} id={id} /> : <Home />,
  deployments: ([id, tab]) => id ? <DeploymentView key={id} id={id} tab={tab ?? ''} /> : <Deployments />,
  adopt: () => <Adopt />,
  pools: ([id]) => id ? <PoolView key={id} id={id} /> : <Pools />,
  account: () => <Account />,
  terms: () => <TermsView />,
  login: () => <Home />,
  operator: ([tab]) => person.value?.admin ? <Operator tab={tab ?? 'users'} /> : <Missing />
}

const NAV: Array<[string, IconName]> = [['', 'home'], ['deployments', 'rocket'], ['pools', 'wallet']]

function Current() {
  const who = person.value
  if (down.value) return <div class="page"><Failed text={down.value} again={() => void start()} /></div>
  if (who === undefined) return <div class="page"><Skeleton rows={4} /></div>
  const [first = '', ...rest] = route.value.parts
  if (!who) return first === 'terms' ? <TermsView /> : <Login />
  if (!who.terms) return <TermsView />
  const page = Object.hasOwn(PAGES, first) ? PAGES[first] : undefined
  return page ? page(rest) : <Missing />
}

function Nav() {
  const [first = ''] = route.value.parts
  const here = first === 'solutions' || first === 'wizard' ? '' : first === 'adopt' ? 'deployments' : first
  const items: Array<[string, IconName]> = person.value?.admin ? [...NAV, ['operator', 'gear']] : NAV
  return (
    <nav class="nav" aria-label={t.nav.label}>
      {items.map(([name, icon]) => (
        <a key={name} href={link(...(name ? [name] : []))} aria-current={here === name ? 'page' : undefined}>
          <Icon name={icon} /><span>{t.nav.to[name]}</span>
        </a>
      ))}
    </nav>
  )
}

const toMain = (e: Event): void => {
  e.preventDefault()
  document.getElementById('main')?.focus()
}

export function App() {
  const who = person.value
  const inside = Boolean(who?.terms)
  return (
    <div class={inside ? 'shell inside' : 'shell'}>
      <a class="skip" href="#main" onClick={toMain}>{t.skip}</a>
      <header class="header">
        <a class="brand" href="#/"><Icon name="logo" size={26} /><span>{t.product}</span></a>
        {inside && <Nav />}
        {who && <a class="me" href={link('account')} aria-label={t.nav.account(who.name)}><Icon name="user" /><span>{who.name}</span></a>}
      </header>
      {options.value?.testCert && <aside class="banner" aria-label={t.testCertTitle}><Note tone="warn" icon="warn">{t.testCert}</Note></aside>}
      <main id="main" tabIndex={-1}><Current /></main>
      <Notices />
    </div>
  )
}
