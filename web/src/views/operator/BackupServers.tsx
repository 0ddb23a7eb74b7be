// SPDX-License-Identifier: Apache-2.0
// The machines that keep the copies.
import { useState } from 'preact/hooks'
import type { BackupServer } from '../../api/shapes.ts'
import { Action, Card, Code, Facts, Note, When } from '../../parts/bits.tsx'
import { Ask } from '../../parts/Dialog.tsx'
import { TextField } from '../../parts/Field.tsx'
import { Empty, Loaded } from '../../parts/Loaded.tsx'
import { Word } from '../../parts/Status.tsx'
import { acceptKey, addServer, checkServer, removeServer, servers } from '../../state/operator.ts'
import { useSource } from '../../state/remote.ts'
import { t } from '../../texts.ts'

function Add() {
  const none = { name: '', host: '', port: '22', user: 'atoll', path: '/repositories', fingerprint: '' }
  const [form, setForm] = useState(none)
  const set = (key: keyof typeof none) => (v: string): void => setForm({ ...form, [key]: v })
  const add = async (): Promise<void> => {
    const { fingerprint, port, ...rest } = form
    if (await addServer({ ...rest, port: Number(port), ...(fingerprint ? { fingerprint } : {}) })) setForm(none)
  }
  return (
    <Card title={t.operator.addServer}>
      <form class="stack" onSubmit={(e) => { e.preventDefault(); void add() }}>
        <TextField label={t.pools.name} value={form.name} on={set('name')} placeholder="backup-1" />
        <TextField label={t.operator.host} value={form.host} on={set('host')} placeholder="backup.example.org" />
        <TextField label={t.operator.port} value={form.port} on={set('port')} number />
        <TextField label={t.operator.user} value={form.user} on={set('user')} />
        <TextField label={t.operator.path} value={form.path} on={set('path')} />
        <TextField label={t.operator.fingerprint} help={t.operator.fingerprintHelp} value={form.fingerprint} on={set('fingerprint')} optional />
        <div><button class="button primary" type="submit" disabled={!form.name || !form.host}>{t.add}</button></div>
      </form>
    </Card>
  )
}

function KeyChange({ s }: { s: BackupServer }) {
  const [print, setPrint] = useState('')
  return (
    <Ask kind="small" button={t.operator.acceptKey} title={t.operator.acceptKey} verb={t.operator.acceptKey} danger ready={print.trim() !== ''} run={() => acceptKey(s.name, print.trim())}>
      <p>{t.operator.acceptKeyText}</p>
      <TextField label={t.operator.fingerprint} value={print} on={setPrint} placeholder="SHA256:…" />
    </Ask>
  )
}

const One = ({ s }: { s: BackupServer }) => (
  <li class="server">
    <div class="row between wrap">
      <span class="row"><strong>{s.name}</strong>{s.state && <Word of={s.state} />}</span>
      <span class="row">
        <Action kind="small" run={() => checkServer(s.name)}>{t.operator.check}</Action>
        <KeyChange s={s} />
        <Ask kind="small" button={t.remove} title={t.operator.removeServer(s.name)} verb={t.remove} danger type={s.name} run={() => removeServer(s.name)}><p>{t.operator.removeServerText}</p></Ask>
      </span>
    </div>
    {s.error && <Note tone="bad" icon="warn">{s.error}</Note>}
    <Facts of={[[t.operator.host, `${s.user}@${s.host}:${s.port}${s.path}`], [t.operator.fingerprint, <span class="break">{s.fingerprint ?? '–'}</span>],
      [t.backups.last, <When at={s.lastOk} />]]} />
  </li>
)

export function BackupServers() {
  const source = servers()
  const state = useSource(source, 30_000)
  return (
    <Loaded of={state} again={() => void source.load()}>
      {({ publicKey, servers: list, alerts }) => <>
        {(alerts ?? []).slice(0, 5).map((a) => <Note key={a.at} tone="bad" icon="warn">{a.text} <span class="small dim"><When at={a.at} /></span></Note>)}
        <Card title={t.operator.tab.backups!}>
          {list.length === 0 ? <Empty icon="disk" title={t.operator.noServers} text={t.operator.noServersText} /> : <ul class="plain">{list.map((s) => <One key={s.name} s={s} />)}</ul>}
        </Card>
        <div class="columns even">
          <Add />
          {publicKey && <Card title={t.operator.publicKey}><p class="dim">{t.operator.publicKeyText}</p><Code text={publicKey} label={t.operator.publicKey} /></Card>}
        </div>
      </>}
    </Loaded>
  )
}
