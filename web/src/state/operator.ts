// SPDX-License-Identifier: Apache-2.0
// The operator's side. The node answers these routes to administrators only.
import { signal } from '@preact/signals'
import { call, get, path, post } from '../api/client.ts'
import type {
  AdminPackage, Alert, AuditEntry, BackupServer, Capacity, Certificate, Deployment, Pool, Settings, User, Voucher
} from '../api/shapes.ts'
import { t } from '../texts.ts'
import { attempt } from './notices.ts'
import { keyed, type Source } from './remote.ts'

const root = '/marketplace/api/admin'

/** At most `USERS_MOST` of those whose name, e-mail or id has the words. */
export const USERS_MOST = 100
export const users = (words: string) => keyed(`admin/users/${words}`, async (s) =>
  (await get<{ users: User[] }>(`${root}/users?${new URLSearchParams({ limit: String(USERS_MOST), ...(words ? { search: words } : {}) }).toString()}`, s)).users)
export const allPools = () => keyed('admin/pools', async (s) => (await get<{ pools: Pool[] }>(`${root}/pools`, s)).pools)
export const vouchers = () => keyed('admin/vouchers', async (s) => (await get<{ vouchers: Voucher[] }>(`${root}/vouchers`, s)).vouchers)
export const allDeployments = () =>
  keyed('admin/deployments', async (s) => (await get<{ deployments: Deployment[] }>(`${root}/deployments`, s)).deployments)
export const allPackages = () =>
  keyed('admin/packages', async (s) => (await get<{ packages: AdminPackage[] }>(`${root}/packages`, s)).packages)
export const certificates = () =>
  keyed('admin/certificates', (s) => get<{ testCert: boolean; gateway?: { enabled: boolean; problem: string }; certificates: Certificate[] }>(`${root}/certificates`, s))
export const servers = () =>
  keyed('admin/backup-servers', (s) => get<{ publicKey?: string; servers: BackupServer[]; alerts?: Alert[] }>(`${root}/backup-servers`, s))
export const capacity = () => keyed('admin/capacity', (s) => get<Capacity>(`${root}/capacity`, s))
export const settings = () => keyed('admin/settings', (s) => get<Settings>(`${root}/settings`, s))
export const audit = () => keyed('admin/audit', async (s) => (await get<{ entries: AuditEntry[] }>(`${root}/audit`, s)).entries)

async function then<T>(source: Source<T>, what: () => Promise<unknown>, done: string): Promise<boolean> {
  const ok = await attempt(what, done)
  await source.load()
  return ok
}

export const block = (u: User, words: string): Promise<boolean> =>
  then(users(words), () => post(`${root}/users/${encodeURIComponent(u.id)}/${u.blocked ? 'unblock' : 'block'}`),
    u.blocked ? t.operator.unblocked(u.name) : t.operator.blocked(u.name))
/** Forgets the key that a phone's name came with first: the next one counts. */
export const unpin = (u: User, words: string): Promise<boolean> =>
  then(users(words), () => post(`${root}/users/${encodeURIComponent(u.id)}/unpin`), t.saved)

const dep = (id: string): string => path`/marketplace/api/admin/deployments/${id}`
export const stopAny = (id: string): Promise<boolean> => then(allDeployments(), () => post(`${dep(id)}/stop`), t.deployment.done.stop)
export const deleteAny = (id: string, confirm: string): Promise<boolean> =>
  then(allDeployments(), () => call('DELETE', dep(id), { confirm }), t.deployment.done.delete)

// ---- money
export const givePool = (body: { owner: string; name: string; amount: string; chain: number; token: string }): Promise<boolean> =>
  then(allPools(), () => post(`${root}/pools`, body), t.saved)
export const grant = (id: string, amount: string, note: string): Promise<boolean> =>
  then(allPools(), () => post(path`/marketplace/api/admin/pools/${id}/grant`, { amount, note }), t.saved)
/** The code of a new voucher: the node tells it once. */
export const newCode = signal('')
export const makeVoucher = (body: object): Promise<boolean> =>
  then(vouchers(), async () => { newCode.value = (await post<{ code: string }>(`${root}/vouchers`, body)).code }, '')
export const revoke = (id: string): Promise<boolean> =>
  then(vouchers(), () => call('DELETE', `${root}/vouchers/${encodeURIComponent(id)}`), t.operator.revoked)

// ---- packages
const pack = (name: string): string => path`/marketplace/api/admin/packages/${name}`
export const addPackage = (source: string): Promise<boolean> =>
  then(allPackages(), () => post(`${root}/packages`, { source }), t.operator.packageAdded)
export const removePackage = (name: string): Promise<boolean> =>
  then(allPackages(), () => call('DELETE', pack(name)), t.operator.packageRemoved(name))
export const switchPackage = (p: AdminPackage): Promise<boolean> =>
  then(allPackages(), () => post(`${pack(p.name)}/${p.state === 'stopped' ? 'start' : 'stop'}`), t.saved)
export const setServer = (name: string, body: { server: string; domain: string; email: string; includes: string[] }): Promise<boolean> =>
  then(allPackages(), () => post(`${pack(name)}/servers`, body), t.saved)

// ---- backup servers
const server = (name: string): string => path`/marketplace/api/admin/backup-servers/${name}`
export const addServer = (body: object): Promise<boolean> => then(servers(), () => post(`${root}/backup-servers`, body), t.saved)
export const removeServer = (name: string): Promise<boolean> => then(servers(), () => call('DELETE', server(name)), t.saved)
export const checkServer = (name: string): Promise<boolean> =>
  then(servers(), () => post(`${server(name)}/check`), t.operator.serverWorks(name))
export const acceptKey = (name: string, fingerprint: string): Promise<boolean> =>
  then(servers(), () => post(`${server(name)}/accept-key`, { fingerprint }), t.saved)

export const saveSettings = (body: object): Promise<boolean> =>
  then(settings(), () => call('PUT', `${root}/settings`, body), t.saved)
