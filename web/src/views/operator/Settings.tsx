// SPDX-License-Identifier: Apache-2.0
// What can be changed while the node runs.
import { useState } from 'preact/hooks'
import type { Settings } from '../../api/shapes.ts'
import { Action, Card, Note } from '../../parts/bits.tsx'
import { Field, SelectField, TextField } from '../../parts/Field.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { saveSettings, settings } from '../../state/operator.ts'
import { useSource } from '../../state/remote.ts'
import { start } from '../../state/session.ts'
import { t } from '../../texts.ts'

function Form({ of }: { of: Settings }) {
  const [cpu, setCpu] = useState(String(of.overProvisioning.cpu))
  const [ram, setRam] = useState(String(of.overProvisioning.ram))
  const [staging, setStaging] = useState(of.testCert)
  const [guard, setGuard] = useState(of.identityGuard)
  const save = async (): Promise<void> => {
    if (await saveSettings({ overProvisioning: { cpu: Number(cpu), ram: Number(ram) }, testCert: staging, identityGuard: guard })) await start()
  }
  return (
    <div class="stack narrow-stack">
      <Card title={t.operator.overProvisioning}>
        <p class="dim">{t.operator.overText}</p>
        <div class="row wrap bottom">
          <TextField label={t.operator.cpuFactor} value={cpu} on={setCpu} />
          <TextField label={t.operator.ramFactor} value={ram} on={setRam} />
        </div>
      </Card>
      <Card title={t.operator.testCert}>
        <Field label={t.operator.testCertLabel} help={t.operator.testCertText} optional>
          {({ required: _, ...tie }) => <span class="check"><input {...tie} type="checkbox" checked={staging} onChange={(e) => setStaging(e.currentTarget.checked)} /><span aria-hidden="true">{t.yes}</span></span>}
        </Field>
      </Card>
      <Card title={t.operator.identity}>
        {of.identity.state === 'ok' || of.identity.state === 'alone' ? null : <Note tone="warn" icon="warn">{t.operator.identityState(of.identity.state)}</Note>}
        <SelectField label={t.operator.guard} help={t.operator.guardText} value={guard} on={setGuard}
          of={['refuse', 'warn', 'off'].map((v) => ({ value: v, label: t.operator.guards[v]! }))} />
      </Card>
      {of.overridden.length > 0 && <Note tone="warn" icon="warn">{t.operator.overridden(of.overridden.join(', '))}</Note>}
      <Note>{t.operator.settingsText}</Note>
      <div><Action kind="primary" run={save}>{t.save}</Action></div>
    </div>
  )
}

export function SettingsTab() {
  const source = settings()
  const state = useSource(source)
  return <Loaded of={state} again={() => void source.load()}>{(s) => <Form key={JSON.stringify(s)} of={s} />}</Loaded>
}
