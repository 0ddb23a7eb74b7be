// SPDX-License-Identifier: Apache-2.0
// One pool: what is left, what moved, and money from the wallet.
import { useState } from 'preact/hooks'
import type { Entry, Pool, PoolFull } from '../api/shapes.ts'
import { date, money, parseUnits, short } from '../format.ts'
import { Action, Badge, Card, Code, Facts, Note, When } from '../parts/bits.tsx'
import { TextField } from '../parts/Field.tsx'
import { Icon } from '../parts/Icon.tsx'
import { Empty, Loaded } from '../parts/Loaded.tsx'
import { Money } from '../parts/Money.tsx'
import { Page } from '../parts/Page.tsx'
import { Table } from '../parts/Table.tsx'
import { link } from '../router.ts'
import { deployments } from '../state/deployments.ts'
import { deposit, funding, pool, refresh } from '../state/pools.ts'
import { useSource } from '../state/remote.ts'
import { t } from '../texts.ts'
import { hasWallet } from '../wallet.ts'
import { Warning } from './Pools.tsx'

const Numbers = ({ p }: { p: Pool }) => (
  <div class="numbers">
    <div class="number-card"><span>{t.pools.balance}</span><strong><Money of={p.balance} /></strong></div>
    <div class="number-card"><span>{t.pools.locked}</span><strong><Money of={p.locked} /></strong></div>
    <div class="number-card"><span>{t.pools.burn}</span><strong><Money of={p.burnPerHour} /></strong><span class="small dim">{t.quote.perHour}</span></div>
    <div class="number-card"><span>{t.pools.emptyAtHead}</span><strong>{p.emptyAt ? <When at={p.emptyAt} /> : t.pools.never}</strong>
      {p.emptyAt ? <span class="small dim">{date(p.emptyAt)}</span> : null}</div>
  </div>
)

function History({ entries }: { entries: Entry[] }) {
  const mine = useSource(deployments()).data ?? []
  const name = (id: string): string => mine.find((d) => d.id === id)?.name ?? t.deployment.one
  return <Card title={t.pools.history}>
    {entries.length === 0 ? <Empty icon="clock" title={t.pools.noHistory} /> : (
      <Table label={t.pools.history} rows={entries} id={(e) => String(e.id ?? `${e.at}${e.kind}${e.amount.amount}`)} columns={[
        { head: t.pools.when, cell: (e) => <When at={e.at} /> },
        { head: t.pools.what, cell: (e) => t.entry(e.kind) },
        { head: t.pools.amount, cell: (e) => <Money of={e.amount} />, number: true },
        { head: t.pools.for, cell: (e) => e.deployment ? <a href={link('deployments', e.deployment)}>{name(e.deployment)}</a> : '' },
        { head: t.pools.note, cell: (e) => <>{e.note}{e.tx && <Code text={e.tx} label={t.pools.tx} />}</> }
      ]} />
    )}
  </Card>
}

function Deposit({ p }: { p: PoolFull }) {
  const [text, setText] = useState('')
  const amount = parseUnits(text, p.balance.decimals ?? 0)
  const now = funding.value
  if (!p.escrow) return null
  const error = text && amount === null ? t.pools.badAmount(p.balance.decimals ?? 0) : ''
  return (
    <Card title={t.pools.deposit}>
      <p class="dim">{t.pools.depositText}</p>
      {!p.escrow.enough && <Note tone="warn" icon="warn">{t.pools.notEnough(money(p.escrow.needed.amount))}</Note>}
      {!hasWallet() && <Note tone="warn" icon="warn">{t.wallet.none}</Note>}
      <div class="row bottom wrap">
        <TextField label={t.pools.depositAmount(p.balance.symbol)} value={text} on={setText} error={error} />
        <Action kind="primary" icon="wallet" disabled={amount === null || (amount === 0n && p.escrow.enough) || now !== null || !hasWallet()} run={() => deposit(p, amount ?? 0n).then((done) => { if (done) setText('') })}>{t.pools.deposit}</Action>
      </div>
      {now !== null && (
        <ol class="steps" aria-label={t.pools.deposit}>{t.pools.steps.map((s, i) => (
          <li key={s} class={i === now ? 'now' : i < now ? 'done' : ''} aria-current={i === now ? 'step' : undefined}>
            <span><span class="step-dot">{i < now ? <Icon name="check" size={14} /> : i + 1}</span>{s}</span></li>
        ))}</ol>
      )}
      <Facts of={[[t.pools.payer, <Code text={p.payer ?? ''} label={t.pools.payer} />], [t.pools.authorized, <Money of={p.escrow.authorized} />],
        [t.pools.contract, <span title={p.escrow.contract}>{short(p.escrow.contract)}</span>]]} />
    </Card>
  )
}

export function PoolView({ id }: { id: string }) {
  const source = pool(id)
  const state = useSource(source, 15_000)
  const p = state.data
  return (
    <Page title={p?.name ?? t.pools.one} up={{ href: link('pools'), text: t.pools.title }} wide
      beside={p && <><Badge>{t.pools.kind[p.kind]}</Badge> <Warning of={p} /></>}
      actions={p?.kind === 'wallet' && <Action icon="redo" run={() => refresh(id)}>{t.pools.refresh}</Action>}>
      <Loaded of={state} again={() => void source.load()} rows={5}>
        {(full) => <>
          {full.warning && <Note tone={full.warning === 'empty' ? 'bad' : 'warn'} icon="warn">{t.pools.warningText[full.warning]} {full.kind === 'granted' && t.pools.askOperator}</Note>}
          <Numbers p={full} />
          {full.kind === 'wallet' && <Deposit p={full} />}
          <History entries={full.entries} />
        </>}
      </Loaded>
    </Page>
  )
}

