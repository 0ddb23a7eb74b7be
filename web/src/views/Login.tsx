// SPDX-License-Identifier: Apache-2.0
// What this place is, and the ways in.
import { useState } from 'preact/hooks'
import { Note } from '../parts/bits.tsx'
import { TextField } from '../parts/Field.tsx'
import { Icon } from '../parts/Icon.tsx'
import { Page } from '../parts/Page.tsx'
import { link, route } from '../router.ts'
import { busy, loginConnect, loginDev, loginWallet, options } from '../state/session.ts'
import { t } from '../texts.ts'
import { hasWallet } from '../wallet.ts'

function Dev() {
  const [name, setName] = useState('')
  return (
    <form class="dev-login" onSubmit={(e) => { e.preventDefault(); void loginDev(name.trim() || 'dev') }}>
      <p class="dim">{t.login.devText}</p>
      <div class="row bottom">
        <TextField label={t.login.devName} value={name} on={setName} optional />
        <button class="button" type="submit" disabled={busy.value !== ''}>{t.login.dev}</button>
      </div>
    </form>
  )
}

function Ways() {
  const ways = (options.value?.providers ?? []).map((p) => p.id)
  const error = route.value.query.get('error')
  return (
    <div class="card login-card">
      {error && <Note tone="bad" icon="warn">{t.login.failed(error)}</Note>}
      {ways.includes('connect') && (
        <button class="button primary large" type="button" onClick={loginConnect}><Icon name="phone" />{t.login.connect}</button>
      )}
      {ways.includes('connect') && <p class="dim">{t.login.connectText}</p>}
      {ways.includes('wallet') && (
        <button class={`button large ${ways.includes('connect') ? '' : 'primary'}`} type="button" disabled={!hasWallet() || busy.value !== ''}
          onClick={() => void loginWallet()}><Icon name="wallet" />{t.login.wallet}</button>
      )}
      {ways.includes('wallet') && <p class="dim">{hasWallet() ? t.login.walletText : t.login.walletNone(ways.includes('connect'))}</p>}
      {ways.includes('dev') && <Dev />}
      {!ways.length && <Note tone="warn" icon="warn">{t.login.noWay}</Note>}
      <p class="small dim">{t.login.terms} <a href={link('terms')}>{t.terms.title}</a></p>
    </div>
  )
}

export const Login = () => (
  <Page title={t.login.title} intro={t.login.intro} wide>
    <div class="login">
      <ul class="promises">
        {t.login.promises.map(([title, text], i) => (
          <li key={title}><span class="promise-icon"><Icon name={(['rocket', 'shield', 'wallet'] as const)[i]!} size={24} /></span>
            <div><strong>{title}</strong><p>{text}</p></div></li>
        ))}
      </ul>
      <Ways />
    </div>
  </Page>
)
