// SPDX-License-Identifier: Apache-2.0
// Pools that the operator gives, and vouchers.
import { useState } from 'preact/hooks'
import type { Offers, Pool } from '../../api/shapes.ts'
import { count, parseUnits } from '../../format.ts'
import { Action, Badge, Card, Code, Note, When } from '../../parts/bits.tsx'
import { Ask, Dialog } from '../../parts/Dialog.tsx'
import { SelectField, TextField } from '../../parts/Field.tsx'
import { Empty, Loaded } from '../../parts/Loaded.tsx'
import { Money as Amount } from '../../parts/Money.tsx'
import { Table } from '../../parts/Table.tsx'
import { allPools, givePool, grant, makeVoucher, newCode, revoke, users, vouchers } from '../../state/operator.ts'
import { Owner } from './People.tsx'
import { offers } from '../../state/pools.ts'
import { useSource } from '../../state/remote.ts'
import { t } from '../../texts.ts'

/** As many uses as a quota's voucher has. */
const UNLIMITED = 1_000_000_000

const tokens = (o: Offers) => o.tokens.map((x, i) => ({ value: String(i), label: `${x.symbol} (${t.pools.chain(x.chain)})` }))

function Give({ of }: { of: Offers }) {
  const people = useSource(users('')).data ?? []
  const [form, setForm] = useState({ owner: '', name: t.pools.defaultName, amount: '', token: '0' })
  const set = (key: keyof typeof form) => (v: string): void => setForm({ ...form, [key]: v })
  const token = of.tokens[Number(form.token)]
  const amount = token && parseUnits(form.amount, token.decimals)
  const go = async (): Promise<void> => {
    if (token && amount !== null && await givePool({ owner: form.owner, name: form.name, amount: String(amount), chain: token.chain, token: token.token })) set('amount')('')
  }
  return (
    <Card title={t.operator.give}>
      <form class="stack" onSubmit={(e) => { e.preventDefault(); void go() }}>
        <SelectField label={t.operator.owner} value={form.owner} on={set('owner')} of={[{ value: '', label: t.wizard.choose }, ...people.map((u) => ({ value: u.id, label: u.name }))]} />
        <TextField label={t.pools.name} value={form.name} on={set('name')} />
        <SelectField label={t.pools.token} value={form.token} on={set('token')} of={tokens(of)} />
        <TextField label={t.pools.amount} value={form.amount} on={set('amount')} error={form.amount && amount === null ? t.pools.badAmount(token?.decimals ?? 18) : ''} />
        <div><button class="button primary" type="submit" disabled={!form.owner || !amount}>{t.operator.give}</button></div>
      </form>
    </Card>
  )
}

function MakeVoucher({ of }: { of: Offers }) {
  const [form, setForm] = useState({ amount: '', uses: '1', days: '30', note: '', token: '0' })
  const set = (key: keyof typeof form) => (v: string): void => setForm({ ...form, [key]: v })
  const token = of.tokens[Number(form.token)]
  const amount = token && parseUnits(form.amount, token.decimals)
  const make = async (): Promise<void> => {
    const expires = Number(form.days) > 0 ? Date.now() + Number(form.days) * 86_400_000 : null
    if (token) await makeVoucher({ amount: String(amount), chain: token.chain, token: token.token, uses: Number(form.uses), expires, note: form.note })
  }
  return (
    <Card title={t.operator.voucher}>
      <form class="stack" onSubmit={(e) => { e.preventDefault(); void make() }}>
        <SelectField label={t.pools.token} value={form.token} on={set('token')} of={tokens(of)} />
        <TextField label={t.operator.perUse} value={form.amount} on={set('amount')} error={form.amount && amount === null ? t.pools.badAmount(token?.decimals ?? 18) : ''} />
        <TextField label={t.operator.uses} value={form.uses} on={set('uses')} number />
        <TextField label={t.operator.days} value={form.days} on={set('days')} number help={t.operator.daysHelp} />
        <TextField label={t.pools.note} value={form.note} on={set('note')} optional />
        <div><button class="button primary" type="submit" disabled={!amount}>{t.operator.makeVoucher}</button></div>
      </form>
      {newCode.value && (
        <Dialog title={t.operator.newCode} close={() => { newCode.value = '' }}>
          <div class="stack"><Note tone="warn" icon="warn">{t.operator.codeOnce}</Note><Code text={newCode.value} label={t.pools.code} />
            <div class="row end"><button class="button primary" type="button" onClick={() => { newCode.value = '' }}>{t.done}</button></div></div>
        </Dialog>
      )}
    </Card>
  )
}

function Grant({ p }: { p: Pool }) {
  const [text, setText] = useState('')
  const amount = parseUnits(text, p.balance.decimals ?? 0)
  if (p.kind !== 'granted') return null
  return (
    <Ask kind="small" button={t.operator.add} title={t.operator.addTo(p.name)} verb={t.operator.add} label={t.operator.addTo(p.name)} ready={Boolean(amount)}
      run={() => amount ? grant(p.id, String(amount), '') : Promise.resolve(false)}>
      <TextField label={`${t.pools.amount} (${p.balance.symbol})`} value={text} on={setText} error={text && amount === null ? t.pools.badAmount(p.balance.decimals ?? 0) : ''} />
    </Ask>
  )
}

export function Money() {
  const source = allPools()
  const state = useSource(source)
  const given = useSource(vouchers())
  const o = useSource(offers()).data
  return <>
    <Card title={t.operator.tab.pools!}>
      <Loaded of={state} again={() => void source.load()} empty={<Empty icon="wallet" title={t.operator.noPools} />}>
        {(list) => <Table label={t.operator.tab.pools!} rows={list} id={(p) => p.id} columns={[
          { head: t.pools.name, cell: (p) => <strong>{p.name}</strong> }, { head: t.operator.owner, cell: (p) => <Owner id={p.owner ?? ''} /> },
          { head: t.account.kind, cell: (p) => t.pools.kind[p.kind] }, { head: t.pools.balance, cell: (p) => <Amount of={p.balance} />, number: true },
          { head: t.pools.burn, cell: (p) => <Amount of={p.burnPerHour} />, number: true }, { head: t.pools.emptyAtHead, cell: (p) => p.emptyAt ? <When at={p.emptyAt} /> : t.pools.never }
        ]} actions={(p) => <Grant p={p} />} />}
      </Loaded>
    </Card>
    <Card title={t.operator.vouchers}>
      <Loaded of={given} again={() => void vouchers().load()} empty={<Empty icon="wallet" title={t.operator.noVouchers} />}>
        {(list) => <Table label={t.operator.vouchers} rows={list} id={(v) => v.id} columns={[
          { head: t.operator.perUse, cell: (v) => <Amount of={v.amount} /> }, { head: t.operator.used, cell: (v) => t.operator.usedOf(count(v.used), v.uses >= UNLIMITED ? t.operator.unlimited : count(v.uses)) },
          { head: t.operator.expires, cell: (v) => v.expires ? <When at={v.expires} /> : t.never }, { head: t.pools.note, cell: (v) => <>{v.note} {v.revoked && <Badge>{t.operator.isRevoked}</Badge>}</> }
        ]} actions={(v) => !v.revoked && <Action kind="small" run={() => revoke(v.id)}>{t.operator.revoke}</Action>} />}
      </Loaded>
    </Card>
    {o && <div class="columns even"><Give of={o} /><MakeVoucher of={o} /></div>}
  </>
}
