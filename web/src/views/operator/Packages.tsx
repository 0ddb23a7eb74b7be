// SPDX-License-Identifier: Apache-2.0
// What the catalogue is made of; and the public address of the marketplace itself.
import { useState } from 'preact/hooks'
import type { AdminPackage } from '../../api/shapes.ts'
import { Action, Badge, Card, Note } from '../../parts/bits.tsx'
import { Ask } from '../../parts/Dialog.tsx'
import { TextField } from '../../parts/Field.tsx'
import { Empty, Loaded } from '../../parts/Loaded.tsx'
import { Table } from '../../parts/Table.tsx'
import { addPackage, allPackages, removePackage, setServer, switchPackage } from '../../state/operator.ts'
import { useSource } from '../../state/remote.ts'
import { t } from '../../texts.ts'

function Add() {
  const [source, setSource] = useState('')
  const add = async (): Promise<void> => { if (await addPackage(source.trim())) setSource('') }
  return (
    <Card title={t.operator.addPackage}>
      <Note tone="warn" icon="shield">{t.operator.addPackageText}</Note>
      <form class="row bottom wrap" onSubmit={(e) => { e.preventDefault(); void add() }}>
        <TextField label={t.operator.source} help={t.operator.sourceHelp} value={source} on={setSource} />
        <button class="button primary" type="submit" disabled={!source.trim()}>{t.add}</button>
      </form>
    </Card>
  )
}

function Server({ p, of }: { p: AdminPackage; of: NonNullable<AdminPackage['servers']>[number] }) {
  const [domain, setDomain] = useState(of.domain)
  const [email, setEmail] = useState(of.email)
  const [includes, setIncludes] = useState(of.includes.join('\n'))
  const save = (): Promise<boolean> => setServer(p.name, { server: of.name, domain: domain.trim(), email: email.trim(), includes: includes.split(/[\s,]+/).filter(Boolean) })
  return (
    <Card title={t.operator.address}>
      <p class="dim">{t.operator.addressText}</p>
      <form class="stack" onSubmit={(e) => { e.preventDefault(); void save() }}>
        <TextField label={t.operator.domain} value={domain} on={setDomain} placeholder="marketplace.example.org" optional />
        <TextField label={t.operator.email} help={t.operator.emailHelp} value={email} on={setEmail} optional />
        <TextField label={t.operator.includes} help={t.operator.includesHelp} value={includes.replace(/\n/g, ', ')} on={(v) => setIncludes(v.replace(/,\s*/g, '\n'))} />
        <div><button class="button primary" type="submit">{t.save}</button></div>
      </form>
    </Card>
  )
}

const Buttons = ({ p }: { p: AdminPackage }) => (
  <span class="row">
    <Action kind="small" run={() => switchPackage(p)}>{p.state === 'stopped' ? t.operator.start : t.operator.stop}</Action>
    {!p.builtin && <Ask kind="small" button={t.remove} title={t.operator.removeTitle(p.name)} verb={t.remove} danger type={p.name} run={() => removePackage(p.name)}><p>{t.operator.removeText}</p></Ask>}
  </span>
)

export function Packages() {
  const source = allPackages()
  const state = useSource(source)
  const market = state.data?.find((p) => p.servers?.length)
  return <>
    <Card title={t.operator.tab.packages!}>
      <Loaded of={state} again={() => void source.load()} rows={6} empty={<Empty icon="box" title={t.operator.noPackages} />}>
        {(list) => <Table label={t.operator.tab.packages!} rows={list} id={(p) => p.name} columns={[
          { head: t.account.name, cell: (p) => <><strong>{p.title || p.name}</strong><br /><span class="small dim">{p.name} {p.version}</span></> },
          { head: t.overview.state, cell: (p) => <><Badge tone={p.error ? 'bad' : p.state === 'stopped' ? 'calm' : 'good'}>{t.operator.states(p.error ? 'failed' : p.state)}</Badge>{p.error && <p class="small bad-text">{p.error}</p>}</> },
          { head: t.operator.source, cell: (p) => <><span class="break">{p.source}</span><br /><code class="small dim">{(p.digest ?? '').slice(0, 19)}</code></> },
          { head: t.operator.permissions, cell: (p) => (p.permissions ?? []).join(', ') || t.none }
        ]} actions={(p) => p.name !== market?.name && <Buttons p={p} />} />}
      </Loaded>
    </Card>
    <div class="columns even">
      <Add />
      {market?.servers?.[0] && <Server key={JSON.stringify(market.servers)} p={market} of={market.servers[0]} />}
    </div>
  </>
}
