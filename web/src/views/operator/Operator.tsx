// SPDX-License-Identifier: Apache-2.0
// The operator's pages.
import type { JSX } from 'preact'
import { Page } from '../../parts/Page.tsx'
import { Tabs } from '../../parts/Tabs.tsx'
import { link } from '../../router.ts'
import { t } from '../../texts.ts'
import { Audit, Capacity, Certificates } from './Reports.tsx'
import { BackupServers } from './BackupServers.tsx'
import { AllDeployments, Users } from './People.tsx'
import { Money } from './Money.tsx'
import { Packages } from './Packages.tsx'
import { SettingsTab } from './Settings.tsx'

const TABS: Record<string, () => JSX.Element> = {
  users: Users, pools: Money, deployments: AllDeployments, packages: Packages, certificates: Certificates,
  backups: BackupServers, capacity: Capacity, settings: SettingsTab, audit: Audit
}

export function Operator({ tab }: { tab: string }) {
  const Tab = (Object.hasOwn(TABS, tab) ? TABS[tab] : Users)!
  return (
    <Page title={t.operator.title(t.operator.tab[tab] ?? '')} wide>
      <Tabs label={t.operator.tabs} tabs={Object.keys(TABS).map((name) => ({ href: link('operator', name), text: t.operator.tab[name]!, current: name === tab }))} />
      <div class="stack"><Tab /></div>
    </Page>
  )
}
