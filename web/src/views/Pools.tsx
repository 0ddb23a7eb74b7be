// SPDX-License-Identifier: Apache-2.0
// Where the money for deployments is.
import { useState } from 'preact/hooks'
import type { Offers, Pool } from '../api/shapes.ts'
import { Action, Badge, Card, Note, When } from '../parts/bits.tsx'
import { SelectField, TextField } from '../parts/Field.tsx'
import { Empty, Loaded } from '../parts/Loaded.tsx'
import { Money } from '../parts/Money.tsx'
import { Page } from '../parts/Page.tsx'
import { link } from '../router.ts'
import { makeWalletPool, offers, pools, redeem } from '../state/pools.ts'
import { useSource } from '../state/remote.ts'
import { person } from '../state/session.ts'
import { t } from '../texts.ts'

export const Warning = ({ of }: { of: Pool }) =>
  of.warning ? <Badge tone={of.warning === 'empty' ? 'bad' : 'warn'}>{t.pools.warning[of.warning]}</Badge> : null

const PoolCard = ({ p }: { p: Pool }) => (
  <li class="card pool">
    <div class="row between wrap"><a class="tile-link" href={link('pools', p.id)}><strong>{p.name}</strong></a><span class="row"><Warning of={p} /><Badge>{t.pools.kind[p.kind]}</Badge></span></div>
    <p class="pool-balance"><Money of={p.balance} /></p>
    <p class="small dim">{t.pools.locked}: <Money of={p.locked} /> · {t.pools.burn}: <Money of={p.burnPerHour} /> {t.quote.perHour}</p>
    <p class="small">{p.emptyAt ? <>{t.pools.emptyAt} <When at={p.emptyAt} /></> : t.pools.lasting}</p>
  </li>
)

function Voucher() {
  const [code, setCode] = useState('')
  return (
    <Card title={t.pools.voucher}>
      <p class="dim">{t.pools.voucherText}</p>
      <form class="row bottom wrap" onSubmit={(e) => { e.preventDefault(); void redeem(code).then((ok) => { if (ok) setCode('') }) }}>
        <TextField label={t.pools.code} value={code} on={setCode} />
        <button class="button" type="submit" disabled={!code.trim()}>{t.pools.redeem}</button>
      </form>
    </Card>
  )
}

function WalletPool({ of }: { of: Offers }) {
  const [name, setName] = useState(t.pools.defaultName)
  const [at, setAt] = useState('0')
  const tokens = of.tokens.filter((x) => x.wallet !== false)
  const token = tokens[Number(at)]
  if (!token) return null
  return (
    <Card title={t.pools.wallet}>
      <p class="dim">{t.pools.walletText}</p>
      <div class="stack">
        <TextField label={t.pools.name} value={name} on={setName} />
        <SelectField label={t.pools.token} value={at} on={setAt} of={tokens.map((x, i) => ({ value: String(i), label: `${x.symbol} (${t.pools.chain(x.chain)})` }))} />
        <div><Action icon="plus" run={() => makeWalletPool(name.trim(), token.chain, token.token)}>{t.pools.make}</Action></div>
      </div>
    </Card>
  )
}

export function Pools() {
  const source = pools()
  const state = useSource(source, 15_000)
  const tokens = useSource(offers()).data
  const isWallet = person.value?.kind === 'wallet'
  return (
    <Page title={t.pools.title} intro={t.pools.intro} wide>
      <Loaded of={state} again={() => void source.load()} empty={<Empty icon="wallet" title={t.pools.empty} text={isWallet ? t.pools.emptyWallet : t.pools.emptyText} />}>
        {(list) => <ul class="tiles">{list.map((p) => <PoolCard key={p.id} p={p} />)}</ul>}
      </Loaded>
      <div class="columns even">
        <Voucher />
        {isWallet && tokens ? <WalletPool of={tokens} /> : <Note icon="wallet">{t.pools.noWallet}</Note>}
      </div>
    </Page>
  )
}
