// SPDX-License-Identifier: Apache-2.0
// A deployment of another node, from its backup, to this one.
import { useState } from 'preact/hooks'
import { money } from '../format.ts'
import { Action, Card, Note } from '../parts/bits.tsx'
import { SelectField, TextField } from '../parts/Field.tsx'
import { Page } from '../parts/Page.tsx'
import { link } from '../router.ts'
import { pools } from '../state/pools.ts'
import { useSource } from '../state/remote.ts'
import { adopt } from '../state/upkeep.ts'
import { t } from '../texts.ts'

export function Adopt() {
  const mine = useSource(pools()).data ?? []
  const [form, setForm] = useState({ server: '', repository: '', key: '', snapshot: '', name: '', pool: '' })
  const set = (key: keyof typeof form) => (v: string): void => setForm({ ...form, [key]: v })
  const ready = form.server.trim() && form.repository.trim() && form.key.trim() && form.pool
  return (
    <Page title={t.adopt.title} intro={t.adopt.intro} up={{ href: link('deployments'), text: t.deployments.title }}>
      <Card title={t.adopt.from}>
        <TextField label={t.adopt.server} help={t.adopt.serverHelp} value={form.server} on={set('server')} />
        <TextField label={t.backups.repository} help={t.adopt.repositoryHelp} value={form.repository} on={set('repository')} />
        <TextField label={t.backups.key} help={t.adopt.keyHelp} value={form.key} on={set('key')} />
        <TextField label={t.adopt.snapshot} help={t.adopt.snapshotHelp} value={form.snapshot} on={set('snapshot')} optional />
      </Card>
      <Card title={t.adopt.to}>
        <TextField label={t.adopt.name} help={t.adopt.nameHelp} value={form.name} on={set('name')} optional />
        <SelectField label={t.overview.pool} value={form.pool} on={set('pool')}
          of={[{ value: '', label: t.wizard.choose }, ...mine.map((p) => ({ value: p.id, label: `${p.name}: ${money(p.balance)}` }))]} />
        {!mine.length && <Note tone="warn" icon="wallet">{t.pools.empty}. <a href={link('pools')}>{t.pools.title}</a></Note>}
      </Card>
      <div class="row end"><Action kind="primary" icon="disk" disabled={!ready} run={() => adopt(form)}>{t.adopt.do}</Action></div>
    </Page>
  )
}
