// SPDX-License-Identifier: Apache-2.0
// What the page reads of the answers of the routes, in the words of docs/api/. Times are ms since 1970.

/** decimals: null when the token does not say; then the amount is in base units */
export interface Money { amount: string; decimals: number | null; symbol: string; chain: number; token: string }

// ---- people
export interface Options {
  providers: Array<{ id: string }>
  terms: { hash: string; url: string }
  connect?: { url: string }
  testCert: boolean
  version: string
  baseDomain?: string
  chains?: number[]
}
export interface Person { id: string; kind: string; name: string; email: string; admin: boolean; terms: boolean }
export interface Terms { hash: string; text: string }
export interface SiweParts {
  nonce: string; domain: string; uri: string; version?: string; chainId: number; chainIds?: number[]
  statement: string; issuedAt: string; expirationTime: string
}
export interface Session { id: string; current: boolean; created: number; seen: number; expires: number; agent: string; address: string }

// ---- catalogue
export interface Size { name: string; label: string; cpu: number; ram: number; disk: number; perHour: Money | null }
export interface Package {
  name: string; version: string; title: string; summary: string; category: string; icon?: string
  offered: boolean; reason?: string; sizes: Size[]; count: number
}
export interface PackageFull extends Package {
  description: string
  versions?: string[]
  links?: Array<{ label: string; url: string }>
}

// ---- wizard
export interface Option { value: string; label: string; disabled?: boolean; note?: string }
export interface Question {
  name: string; type: string; label: string; help?: string; required: boolean
  default?: unknown; value?: unknown; answered?: boolean
  min?: number; max?: number; min_length?: number; max_length?: number
  pattern?: string; options?: Option[]; max_size?: number; allowed_types?: string[]
  when?: { question: string; is?: string[]; is_not?: string[] }
}
export interface Step { name: string; title: string; done: boolean }
export interface Review { label: string; value: string }
export interface Quote {
  hash: string; period_s: number; perPeriod: Money; perHour: Money
  lines: Array<{ label: string; amount: Money }>
  upfront: Money
  pool: { id: string; name: string; balance: Money; kind?: string } | null
  lastsUntil: number | null; ends: number | null
  needed?: { amount: Money | string; seconds: number; locks: number }
}
export interface Wizard {
  id: string; package: string; version: string; title: string
  state: 'asking' | 'review' | 'deploying' | 'deployed' | 'expired'
  step: string; steps: Step[]; questions: Question[]; errors?: Record<string, string>; expires: number
  quote?: Quote; review?: Review[]; deployment?: string
}

// ---- deployments
export interface Progress { step: number; steps: number; text: string; percent: number | null }
export interface Port { name: string; host: string; port: number; protocol: string }
export interface Deployment {
  id: string; name: string; package: string; version: string; title: string; size: string
  state: string; step: string; reason: string; health: string
  url?: string; ports: Port[]; pool: string; perHour: Money; spent: Money
  paidUntil: number; ends: number | null; created: number; newVersion?: string; oldVersion?: string; progress?: Progress
  owner?: string
}
export interface DeploymentFull extends Deployment {
  timeline: Array<{ at: number; state: string; step: string; reason: string }>
  containers: Array<{ name: string; image: string; state: string; health: string; restarts: number }>
  review: Review[]
  /** what the package says of it: addresses, users */
  results?: Review[]
  credentialsShown?: boolean
  hasCredentials?: boolean
}
export interface Domain {
  host: string; custom: boolean; state: string; reason: string
  txt?: { name: string; value: string }; cname?: { name: string; value: string }
}
export type Samples = Array<[number, number]>
export interface Metrics { step_s: number; cpu: Samples; memory: Samples; disk: Samples; rx: Samples; tx: Samples }
export interface Backups {
  schedule: string; retention: Record<string, number>; next: number | null; running: boolean; repository: string
  servers: Array<{ name: string; ok: boolean; lastAt: number | null; lastOk: number | null; error: string }>
  snapshots: Array<{ id: string; at: number; size: number; servers: string[]; ok: boolean }>
  alerts: Alert[]
}

// ---- money
export interface Pool {
  id: string; name: string; kind: 'granted' | 'wallet'; balance: Money; locked: Money; burnPerHour: Money
  emptyAt: number | null; warning: '' | 'low' | 'empty'; payer?: string
  escrow?: {
    contract: string; node: string; isAuthorized: boolean; authorized: Money
    needed: { amount: Money; seconds: number; locks: number }; enough: boolean
  }
  owner?: string
}
export interface Entry { id?: number | string; at: number; kind: string; amount: Money; deployment?: string; note?: string; tx?: string }
export interface PoolFull extends Pool { entries: Entry[] }
export interface Offers {
  tokens: Array<{ chain: number; token: string; symbol: string; decimals: number; wallet?: boolean }>
  period_s: number
}

// ---- the operator's
export interface User {
  id: string; kind: string; name: string; email: string; admin: boolean; blocked: boolean; created: number; seen: number
}
export interface Voucher {
  id: string; amount: Money; uses: number; used: number; expires: number | null; created: number; note: string; by: string; revoked: boolean
}
export interface AdminPackage {
  name: string; version: string; title?: string; summary?: string
  source?: string; digest?: string; state: string
  servers?: Array<{ name: string; domain: string; email: string; includes: string[] }>
  permissions?: string[]
  builtin: boolean
  error?: string
}
export interface Certificate {
  host: string; owner: string; issuer: string | null; notBefore: number | null; notAfter: number | null
  state: string; error: string; retryAt?: number | null; staging: boolean
}
export interface BackupServer {
  name: string; host: string; port: number; user: string; path: string; fingerprint?: string
  state?: string; error?: string; checkedAt?: number | null; lastOk?: number | null
}
export interface Alert { at: number; lastAt?: number; count?: number; deployment: string; server: string; kind: string; text: string }
export interface Capacity {
  environments: Array<{ id: string; resources: Array<{ id: string; total: number; used: number; free: number; /** of the total, what the machine does not have */ overProvisioned?: number }> }>
}
export interface Settings {
  overProvisioning: { cpu: number; ram: number }; testCert: boolean; identityGuard: string
  identity: { state: string; chains?: unknown }; overridden: string[]
}
export interface AuditEntry { id: number | string; at: number; who: string; what: string }
