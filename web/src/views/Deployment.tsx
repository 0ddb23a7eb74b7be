// SPDX-License-Identifier: Apache-2.0
// One deployment: its head, and a tab for each thing a person does with it.
import type { JSX } from 'preact'
import type { DeploymentFull } from '../api/shapes.ts'
import { Action, Note } from '../parts/bits.tsx'
import { Icon } from '../parts/Icon.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { Page } from '../parts/Page.tsx'
import { Status } from '../parts/Status.tsx'
import { Tabs } from '../parts/Tabs.tsx'
import { sentence } from '../format.ts'
import { link } from '../router.ts'
import { act, deployment, isBusy, isGone, useLive } from '../state/deployments.ts'
import { useSource } from '../state/remote.ts'
import { t } from '../texts.ts'
import { BackupsTab } from './deployment/Backups.tsx'
import { DomainsTab } from './deployment/Domains.tsx'
import { LogsTab } from './deployment/Logs.tsx'
import { ManageTab } from './deployment/Manage.tsx'
import { Overview } from './deployment/Overview.tsx'
import { Progress } from './deployment/Progress.tsx'
import { ShellTab } from './deployment/Shell.tsx'
import { UsageTab } from './deployment/Usage.tsx'

const TABS: Record<string, (d: DeploymentFull) => JSX.Element> = {
  '': (d) => <Overview d={d} />,
  logs: (d) => <LogsTab d={d} />,
  shell: (d) => <ShellTab d={d} />,
  usage: (d) => <UsageTab d={d} />,
  domains: (d) => <DomainsTab d={d} />,
  backups: (d) => <BackupsTab d={d} />,
  manage: (d) => <ManageTab d={d} />
}

function Actions({ d }: { d: DeploymentFull }) {
  if (isGone(d) || isBusy(d)) return null
  const runs = d.state === 'running'
  return <>
    {d.url && runs && <a class="button primary" href={d.url} target="_blank" rel="noopener noreferrer"><Icon name="out" size={18} />{t.deployment.open}<span class="hidden">{t.newTab}</span></a>}
    {runs && <Action icon="redo" run={() => act(d, 'restart')}>{t.deployment.verb.restart}</Action>}
    {runs ? <Action icon="stop" run={() => act(d, 'stop')}>{t.deployment.verb.stop}</Action>
      : <Action icon="play" kind="primary" run={() => act(d, 'start')}>{t.deployment.verb.start}</Action>}
  </>
}

function Head({ d }: { d: DeploymentFull }) {
  return <>
    {d.state === 'grace' && <Note tone="warn" icon="warn"><p>{t.deployment.grace}</p>{d.reason && <p>{sentence(d.reason)}</p>}
      <a class="button small" href={link('pools', d.pool)}>{t.deployment.toPool}</a></Note>}
    {d.state === 'failed' && <Note tone="bad" icon="warn"><p>{t.deployment.failed}</p>{d.reason && <p>{sentence(d.reason)}</p>}</Note>}
    {d.state === 'running' && d.reason && <Note tone="warn" icon="info"><p>{sentence(d.reason)}</p></Note>}
    {d.health === 'unhealthy' && d.state === 'running' && <Note tone="bad" icon="warn"><p>{t.deployment.ill} <a href={link('deployments', d.id, 'logs')}>{t.deployment.toLogs}</a></p></Note>}
    {isGone(d) && <Note>{t.deployment.goneText} {sentence(d.reason)}</Note>}
    {d.newVersion && (d.state === 'running' || d.state === 'stopped') && <Note tone="busy" icon="info"><p>{t.deployment.newVersionText(d.newVersion)} <a href={link('deployments', d.id, 'manage')}>{t.deployment.toUpdate}</a></p></Note>}
    {isBusy(d) && <Progress d={d} />}
  </>
}

export function DeploymentView({ id, tab }: { id: string; tab: string }) {
  const source = deployment(id)
  const state = useSource(source, 30_000)
  useLive(id)
  const d = state.data
  const Tab = (Object.hasOwn(TABS, tab) ? TABS[tab] : TABS[''])!
  return (
    <Page title={d?.name ?? t.deployment.one} intro={d && `${d.title} ${d.version}`} beside={d && <Status of={d} />}
      up={{ href: link('deployments'), text: t.deployments.title }} actions={d && <Actions d={d} />} wide>
      <Loaded of={state} again={() => void source.load()} rows={6}>
        {(full) => <>
          <Head d={full} />
          <Tabs label={t.deployment.tabs} tabs={Object.keys(TABS).map((name) => ({
            href: name ? link('deployments', id, name) : link('deployments', id), text: t.deployment.tab[name]!, current: name === tab
          }))} />
          {Tab(full)}
        </>}
      </Loaded>
    </Page>
  )
}
