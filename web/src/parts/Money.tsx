// SPDX-License-Identifier: Apache-2.0
// Amounts: short to read, whole on demand; and what a quote is made of.
import type { Money as Amount, Quote } from '../api/shapes.ts'
import { date, money, span, units } from '../format.ts'
import { t } from '../texts.ts'

export const Money = ({ of }: { of: Amount | null | undefined }) =>
  of ? <span class="money" title={`${units(BigInt(of.amount), of.decimals ?? 0, of.decimals ?? 0)} ${of.symbol}`}>{money(of)}</span> : <>–</>

/** The price before anybody is asked to pay. */
export const Price = ({ of }: { of: Quote }) => (
  <div class="price">
    <p class="price-hour"><strong>{money(of.perHour)}</strong> {t.quote.perHour}</p>
    <table class="lines" aria-label={t.quote.lines(span(of.period_s))}>
      <tbody>
        {of.lines.map((l) => <tr key={l.label}><th scope="row">{t.resource(l.label)}</th><td><Money of={l.amount} /></td></tr>)}
        <tr class="sum"><th scope="row">{t.quote.period(span(of.period_s))}</th><td><Money of={of.perPeriod} /></td></tr>
        <tr><th scope="row">{t.quote.upfront}</th><td><Money of={of.upfront} /></td></tr>
      </tbody>
    </table>
    {of.pool && <p>{t.quote.pool(of.pool.name, money(of.pool.balance))} {of.lastsUntil ? t.quote.lasts(date(of.lastsUntil)) : ''}</p>}
    <p class="dim">{of.ends ? t.quote.ends(date(of.ends)) : t.quote.open} {t.quote.refund}</p>
  </div>
)
