// SPDX-License-Identifier: Apache-2.0
// Generated from api/ by tools/gen_types.py; do not edit.

/** What a command answers. */
export interface Answers {
  chatflowsAnswer: { id: string; package: string; version: string; title: string; state: "asking" | "review" | "deploying" | "deployed" | "expired"; step: string; steps: Array<{ name: unknown; title: unknown; done: unknown }>; questions: Array<{ name: unknown; type: unknown; label: unknown }>; errors: Record<string, string>; expires: number; quote?: { hash: unknown }; review?: Array<{ label: unknown; value: unknown }>; deployment?: string }
  chatflowsBack: { id: string; package: string; version: string; title: string; state: "asking" | "review" | "deploying" | "deployed" | "expired"; step: string; steps: Array<{ name: unknown; title: unknown; done: unknown }>; questions: Array<{ name: unknown; type: unknown; label: unknown }>; errors: Record<string, string>; expires: number; quote?: { hash: unknown }; review?: Array<{ label: unknown; value: unknown }>; deployment?: string }
  chatflowsDeploy: { deployment: string; wizard?: { id: string; package: string; version: string; title: string; state: "asking" | "review" | "deploying" | "deployed" | "expired"; step: string; steps: Array<{ name: unknown; title: unknown; done: unknown }>; questions: Array<{ name: unknown; type: unknown; label: unknown }>; errors: Record<string, string>; expires: number; quote?: { hash: unknown }; review?: Array<{ label: unknown; value: unknown }>; deployment?: string } }
  chatflowsDrop: Record<string, unknown>
  chatflowsGet: { id: string; package: string; version: string; title: string; state: "asking" | "review" | "deploying" | "deployed" | "expired"; step: string; steps: Array<{ name: unknown; title: unknown; done: unknown }>; questions: Array<{ name: unknown; type: unknown; label: unknown }>; errors: Record<string, string>; expires: number; quote?: { hash: unknown }; review?: Array<{ label: unknown; value: unknown }>; deployment?: string }
  chatflowsList: { chatflows: Array<{ id: unknown; package: unknown; version: unknown; title: unknown; state: unknown; step: unknown; expires: unknown }> }
  chatflowsNew: { id: string; package: string; version: string; title: string; state: "asking" | "review" | "deploying" | "deployed" | "expired"; step: string; steps: Array<{ name: unknown; title: unknown; done: unknown }>; questions: Array<{ name: unknown; type: unknown; label: unknown }>; errors: Record<string, string>; expires: number; quote?: { hash: unknown }; review?: Array<{ label: unknown; value: unknown }>; deployment?: string }
  marketplaceAdminBackupNow: { success: true }
  marketplaceAdminBackupServerAccept: { name: string; port: number; fingerprint: string; host: unknown; user: unknown; path: unknown }
  marketplaceAdminBackupServerAdd: { name: string; port: number; fingerprint: string; host: unknown; user: unknown; path: unknown }
  marketplaceAdminBackupServerCheck: { name: string; port: number; fingerprint: string; host: unknown; user: unknown; path: unknown }
  marketplaceAdminBackupServerRemove: { success: true }
  marketplaceAdminBackupServers: { publicKey: string; servers: Array<{ name: string; port: number; fingerprint: string; host: unknown; user: unknown; path: unknown }>; alerts: Array<unknown> }
  marketplaceAdminBackupVerify: { success: true }
  marketplaceAdminBackups: { schedule: string; retention: Record<string, unknown>; next: number | null; running: boolean; repository: string; servers: Array<{ name: unknown; ok: unknown; lastAt: unknown; lastOk: unknown; error: unknown }>; snapshots: Array<{ id: unknown; at: unknown; size: unknown; servers: unknown; ok: unknown }>; alerts: Array<unknown> }
  marketplaceAdminDeploymentDelete: { state: "deleting" | "deleted"; id: unknown; name: unknown; removed: unknown }
  marketplaceAdminDeploymentStop: { success: true }
  marketplaceAdminDeployments: { deployments: Array<{ id: string; name: string; state: "creating" | "running" | "stopping" | "stopped" | "grace" | "updating" | "restoring" | "deleting" | "deleted" | "failed"; health: "starting" | "healthy" | "unhealthy" | "none"; ports: Array<{ name: unknown; host: unknown; port: unknown; protocol: unknown }>; url?: string; created: number; progress: { step: unknown; steps: unknown; text: unknown; percent: unknown }; package: unknown; version: unknown; title: unknown; size: unknown; step: unknown; reason: unknown; pool: unknown; perHour: unknown; spent: unknown; paidUntil: unknown; ends: unknown }> }
  marketplaceAdminPackages: { packages: Array<{ name: string; version: string; state: "started" | "stopped"; builtin: boolean; source?: string; digest?: string; addedBy?: string; added?: number; title?: string; summary?: string; offered?: boolean; reason?: string; error?: string; servers?: Array<{ name: unknown; domain: unknown; email: unknown; includes: unknown }>; permissions?: Array<string>; versions: Array<string> }> }
  marketplaceAdminPoolNew: { id: string; owner?: string; name: string; kind: "granted" | "wallet"; balance: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; locked: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; burnPerHour: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; emptyAt: number | null; warning: "" | "low" | "empty"; created?: number; payer?: string; escrow?: { needed: { amount: unknown; seconds: unknown; locks: unknown }; contract: unknown; node: unknown; isAuthorized: unknown; authorized: unknown; locked: unknown; maxSeconds: unknown; maxLocks: unknown; locks: unknown; enough: unknown }; entries?: Array<unknown> }
  marketplaceAdminPools: { pools: Array<{ id: string; owner?: string; name: string; kind: "granted" | "wallet"; balance: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; locked: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; burnPerHour: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; emptyAt: number | null; warning: "" | "low" | "empty"; created?: number; payer?: string; escrow?: { needed: { amount: unknown; seconds: unknown; locks: unknown }; contract: unknown; node: unknown; isAuthorized: unknown; authorized: unknown; locked: unknown; maxSeconds: unknown; maxLocks: unknown; locks: unknown; enough: unknown }; entries?: Array<unknown> }> }
  marketplaceAudit: { entries: Array<{ id: number; at: number; who: string; what: string }> }
  marketplaceAuthenticated: { id: string; kind: "wallet" | "connect" | "dev"; name: string; email: string; admin: boolean; terms: boolean }
  marketplaceAuthorized: { id: string; kind: "wallet" | "connect" | "dev"; name: string; email: string; admin: boolean; terms: boolean }
  marketplaceBackupAdopt: { deployment: string }
  marketplaceBackupKey: { key: string; repository: string }
  marketplaceBackupNow: { success: true }
  marketplaceBackupPlan: { schedule: string; retention: Record<string, unknown>; next: number | null; running: boolean; repository: string; servers: Array<{ name: unknown; ok: unknown; lastAt: unknown; lastOk: unknown; error: unknown }>; snapshots: Array<{ id: unknown; at: unknown; size: unknown; servers: unknown; ok: unknown }>; alerts: Array<unknown> }
  marketplaceBackupPurge: { success: true }
  marketplaceBackupRestore: { success: true }
  marketplaceBackupVerify: { success: true }
  marketplaceBackups: { schedule: string; retention: Record<string, unknown>; next: number | null; running: boolean; deletedAt: number | null; purgeAt: number | null; repository: string; servers: Array<{ name: unknown; ok: unknown; lastAt: unknown; lastOk: unknown; error: unknown }>; snapshots: Array<{ id: unknown; at: unknown; size: unknown; servers: unknown; ok: unknown }>; alerts: Array<unknown> }
  marketplaceBackupsGone: { backups: Array<{ deployment: unknown; name: unknown; repository: unknown; deletedAt: unknown; purgeAt: unknown; purging: unknown; snapshots: unknown; lastAt: unknown }> }
  marketplaceCapacity: { environments: Array<{ id: unknown; resources: unknown }> }
  marketplaceCertificates: { testCert: boolean; directory: string; gateway: { enabled: unknown; running: unknown; problem: unknown; baseDomain: unknown; httpsPort: unknown }; certificates: Array<{ host: string; owner: string; issuer: string | null; notBefore: number | null; notAfter: number | null; state: "unproven" | "waiting" | "serving" | "failed"; error: string; retryAt: number | null; staging: boolean }> }
  marketplaceConnectCallback: unknown
  marketplaceDeploy: { deployment: string }
  marketplaceDeployment: { id: string; name: string; state: "creating" | "running" | "stopping" | "stopped" | "grace" | "updating" | "restoring" | "deleting" | "deleted" | "failed"; health: "starting" | "healthy" | "unhealthy" | "none"; ports: Array<{ name: unknown; host: unknown; port: unknown; protocol: unknown }>; url?: string; oldVersion?: string; credentialsShown?: boolean; hasCredentials?: boolean; created: number; progress: { step: unknown; steps: unknown; text: unknown; percent: unknown }; timeline: Array<{ at: unknown; state: unknown; step: unknown; reason: unknown }>; containers: Array<{ name: unknown; image: unknown; state: unknown; health: unknown; restarts: unknown }>; package: unknown; version: unknown; title: unknown; size: unknown; step: unknown; reason: unknown; pool: unknown; perHour: unknown; spent: unknown; paidUntil: unknown; ends: unknown; review: unknown }
  marketplaceDeploymentCredentials: { credentials: Array<{ label: unknown; value: unknown }> }
  marketplaceDeploymentDelete: { state: "deleting" | "deleted"; id: unknown; name: unknown; removed: unknown }
  marketplaceDeploymentEvents: unknown
  marketplaceDeploymentExtend: { success: true }
  marketplaceDeploymentLogs: unknown
  marketplaceDeploymentMetrics: { cpu: Array<Array<number>>; memory: Array<Array<number>>; disk: Array<Array<number>>; rx: Array<Array<number>>; tx: Array<Array<number>>; step_s: unknown }
  marketplaceDeploymentResize: { success: true }
  marketplaceDeploymentRestart: { success: true }
  marketplaceDeploymentRollback: { success: true }
  marketplaceDeploymentShell: unknown
  marketplaceDeploymentStart: { success: true }
  marketplaceDeploymentStop: { success: true }
  marketplaceDeploymentUpdate: { success: true }
  marketplaceDeployments: { deployments: Array<{ id: string; name: string; state: "creating" | "running" | "stopping" | "stopped" | "grace" | "updating" | "restoring" | "deleting" | "deleted" | "failed"; health: "starting" | "healthy" | "unhealthy" | "none"; ports: Array<{ name: unknown; host: unknown; port: unknown; protocol: unknown }>; url?: string; created: number; progress: { step: unknown; steps: unknown; text: unknown; percent: unknown }; package: unknown; version: unknown; title: unknown; size: unknown; step: unknown; reason: unknown; pool: unknown; perHour: unknown; spent: unknown; paidUntil: unknown; ends: unknown }> }
  marketplaceDevLogin: { id: string; kind: "wallet" | "connect" | "dev"; name: string; email: string; admin: boolean; terms: boolean }
  marketplaceDomainAdd: { host: string; custom: boolean; txt?: { name: unknown; value: unknown }; cname?: { name: unknown; value: unknown }; state: "unproven" | "ready" | "serving" | "failed"; reason: string }
  marketplaceDomainRemove: { success: true }
  marketplaceDomainVerify: { host: string; custom: boolean; txt?: { name: unknown; value: unknown }; cname?: { name: unknown; value: unknown }; state: "unproven" | "ready" | "serving" | "failed"; reason: string }
  marketplaceDomains: { domains: Array<{ host: string; custom: boolean; txt?: { name: unknown; value: unknown }; cname?: { name: unknown; value: unknown }; state: "unproven" | "ready" | "serving" | "failed"; reason: string }> }
  marketplaceGate: unknown
  marketplaceGateCheck: unknown
  marketplaceGateEnter: unknown
  marketplaceGrant: { id: string; owner?: string; name: string; kind: "granted" | "wallet"; balance: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; locked: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; burnPerHour: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; emptyAt: number | null; warning: "" | "low" | "empty"; created?: number; payer?: string; escrow?: { needed: { amount: unknown; seconds: unknown; locks: unknown }; contract: unknown; node: unknown; isAuthorized: unknown; authorized: unknown; locked: unknown; maxSeconds: unknown; maxLocks: unknown; locks: unknown; enough: unknown }; entries?: Array<unknown> }
  marketplaceGuestAdd: { guests: Array<string> }
  marketplaceGuestRemove: { guests: Array<string> }
  marketplaceGuests: { guests: Array<string> }
  marketplaceLogin: unknown
  marketplaceLogout: { success: true }
  marketplaceOffers: { period_s: number; tokens: Array<{ chain: unknown; token: unknown; symbol: unknown; decimals: unknown }> }
  marketplaceOptions: { providers: Array<{ id: "wallet" | "connect" | "dev" }>; terms: { hash: unknown; url: unknown }; connect: { url: unknown }; testCert: boolean; version: string; baseDomain: string; chains: Array<number> }
  marketplacePackage: { name: string; version: string; title: string; summary: string; category: string; icon?: string; offered: boolean; reason?: string; count: number; sizes: Array<{ name: string; label: string; cpu: number; ram: number; disk: number; gpu?: number; perHour: Record<string, unknown> | null }>; description: string; steps: Array<{ name: unknown; title: unknown }>; questions: Array<{ name: unknown; type: unknown; label: unknown; step: unknown; required: unknown }>; links: Array<{ label: unknown; url: unknown }>; permissions: Array<string>; versions: Array<string> }
  marketplacePackageAdd: { name: string; version: string; title: unknown; questions: unknown; permissions: unknown }
  marketplacePackageIcon: unknown
  marketplacePackageRemove: { success: true }
  marketplacePackageServers: { success: true }
  marketplacePackageStart: { success: true }
  marketplacePackageStop: { success: true }
  marketplacePackages: { packages: Array<{ name: string; version: string; title: string; summary: string; category: string; icon?: string; offered: boolean; reason?: string; count: number; sizes: Array<{ name: string; label: string; cpu: number; ram: number; disk: number; gpu?: number; perHour: Record<string, unknown> | null }> }> }
  marketplacePool: { id: string; owner?: string; name: string; kind: "granted" | "wallet"; balance: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; locked: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; burnPerHour: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; emptyAt: number | null; warning: "" | "low" | "empty"; created?: number; payer?: string; escrow?: { needed: { amount: unknown; seconds: unknown; locks: unknown }; contract: unknown; node: unknown; isAuthorized: unknown; authorized: unknown; locked: unknown; maxSeconds: unknown; maxLocks: unknown; locks: unknown; enough: unknown }; entries?: Array<unknown> }
  marketplacePoolNew: { id: string; owner?: string; name: string; kind: "granted" | "wallet"; balance: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; locked: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; burnPerHour: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; emptyAt: number | null; warning: "" | "low" | "empty"; created?: number; payer?: string; escrow?: { needed: { amount: unknown; seconds: unknown; locks: unknown }; contract: unknown; node: unknown; isAuthorized: unknown; authorized: unknown; locked: unknown; maxSeconds: unknown; maxLocks: unknown; locks: unknown; enough: unknown }; entries?: Array<unknown> }
  marketplacePoolRefresh: { id: string; owner?: string; name: string; kind: "granted" | "wallet"; balance: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; locked: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; burnPerHour: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; emptyAt: number | null; warning: "" | "low" | "empty"; created?: number; payer?: string; escrow?: { needed: { amount: unknown; seconds: unknown; locks: unknown }; contract: unknown; node: unknown; isAuthorized: unknown; authorized: unknown; locked: unknown; maxSeconds: unknown; maxLocks: unknown; locks: unknown; enough: unknown }; entries?: Array<unknown> }
  marketplacePoolVoucher: { id: string; owner?: string; name: string; kind: "granted" | "wallet"; balance: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; locked: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; burnPerHour: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; emptyAt: number | null; warning: "" | "low" | "empty"; created?: number; payer?: string; escrow?: { needed: { amount: unknown; seconds: unknown; locks: unknown }; contract: unknown; node: unknown; isAuthorized: unknown; authorized: unknown; locked: unknown; maxSeconds: unknown; maxLocks: unknown; locks: unknown; enough: unknown }; entries?: Array<unknown> }
  marketplacePools: { pools: Array<{ id: string; owner?: string; name: string; kind: "granted" | "wallet"; balance: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; locked: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; burnPerHour: { amount: string; decimals: number | null; symbol: string; chain: number; token: string }; emptyAt: number | null; warning: "" | "low" | "empty"; created?: number; payer?: string; escrow?: { needed: { amount: unknown; seconds: unknown; locks: unknown }; contract: unknown; node: unknown; isAuthorized: unknown; authorized: unknown; locked: unknown; maxSeconds: unknown; maxLocks: unknown; locks: unknown; enough: unknown }; entries?: Array<unknown> }> }
  marketplaceSessionEnd: { success: true }
  marketplaceSessions: { sessions: Array<{ id: unknown; current: unknown; created: unknown; seen: unknown; expires: unknown; agent: unknown; address: unknown }> }
  marketplaceSessionsEnd: { success: true }
  marketplaceSettings: { overProvisioning: { cpu: number; ram: number }; testCert: boolean; identityGuard: "off" | "warn" | "refuse"; identity: { state: unknown; chains: unknown }; overridden: Array<string> }
  marketplaceSettingsSet: { overProvisioning: { cpu: number; ram: number }; testCert: boolean; identityGuard: "off" | "warn" | "refuse"; identity: { state: unknown; chains: unknown }; overridden: Array<string> }
  marketplaceSiwe: { id: string; kind: "wallet" | "connect" | "dev"; name: string; email: string; admin: boolean; terms: boolean }
  marketplaceSiweNonce: { nonce: string; domain: string; uri: string; version: "1"; chainId: number; chainIds: Array<number>; statement: string; issuedAt: string; expirationTime: string }
  marketplaceTerms: { hash: string; text: string }
  marketplaceTermsAccept: { id: string; kind: "wallet" | "connect" | "dev"; name: string; email: string; admin: boolean; terms: boolean }
  marketplaceUserBlock: { success: true }
  marketplaceUserUnblock: { success: true }
  marketplaceUserUnpin: { success: true }
  marketplaceUsers: { users: Array<{ id: string; kind: string; name: string; email: string; admin: boolean; terms: boolean; created: number; seen: number; blocked: boolean; deployments: number; pools: number }> }
  marketplaceVoucherEnd: { success: true }
  marketplaceVoucherNew: { code: string }
  marketplaceVouchers: { vouchers: Array<{ id: unknown; amount: unknown; uses: unknown; used: unknown; expires: unknown; created: unknown; note: unknown; by: unknown; revoked: unknown }> }
}

/** What it is asked, from path, query and body together. */
export interface Asks {
  chatflowsAnswer: { id: string; step: string; answers: object }
  chatflowsBack: { id: string; step: string; to?: string }
  chatflowsDeploy: { id: string; quoteHash: string }
  chatflowsDrop: { id: string }
  chatflowsGet: { id: string }
  chatflowsList: Record<string, never>
  chatflowsNew: { package: string; version?: string }
  marketplaceAdminBackupNow: Record<string, never>
  marketplaceAdminBackupServerAccept: { name: string; fingerprint?: string }
  marketplaceAdminBackupServerAdd: { name: string; host: string; port?: number; user?: string; path?: string; fingerprint?: string }
  marketplaceAdminBackupServerCheck: { name: string }
  marketplaceAdminBackupServerRemove: { name: string }
  marketplaceAdminBackupServers: Record<string, never>
  marketplaceAdminBackupVerify: { snapshot: string }
  marketplaceAdminBackups: Record<string, never>
  marketplaceAdminDeploymentDelete: { id: string; confirm: string }
  marketplaceAdminDeploymentStop: { id: string }
  marketplaceAdminDeployments: Record<string, never>
  marketplaceAdminPackages: Record<string, never>
  marketplaceAdminPoolNew: { owner: string; name: string; amount: string; chain: number; token: string; note?: string }
  marketplaceAdminPools: Record<string, never>
  marketplaceAudit: { before?: number; limit?: number }
  marketplaceAuthenticated: Record<string, never>
  marketplaceAuthorized: Record<string, never>
  marketplaceBackupAdopt: { server: string; repository: string; key: string; snapshot?: string; name?: string; pool?: string; size?: string; ends?: number }
  marketplaceBackupKey: { id: string }
  marketplaceBackupNow: { id: string }
  marketplaceBackupPlan: { id: string; schedule?: string; retention?: object }
  marketplaceBackupPurge: { id: string; confirm: string }
  marketplaceBackupRestore: { id: string; snapshot: string; server?: string }
  marketplaceBackupVerify: { id: string; snapshot: string }
  marketplaceBackups: { id: string }
  marketplaceBackupsGone: Record<string, never>
  marketplaceCapacity: Record<string, never>
  marketplaceCertificates: Record<string, never>
  marketplaceConnectCallback: { signedAttempt?: string; error?: string }
  marketplaceDeploy: { package: string; version?: string; name: string; size: string; pool: string; env?: string; answers?: object; ends?: number }
  marketplaceDeployment: { id: string }
  marketplaceDeploymentCredentials: { id: string }
  marketplaceDeploymentDelete: { id: string; confirm: string }
  marketplaceDeploymentEvents: { id: string }
  marketplaceDeploymentExtend: { id: string; ends: number }
  marketplaceDeploymentLogs: { id: string; container?: string; since?: number; follow?: boolean }
  marketplaceDeploymentMetrics: { id: string; range?: string }
  marketplaceDeploymentResize: { id: string; size: string }
  marketplaceDeploymentRestart: { id: string }
  marketplaceDeploymentRollback: { id: string }
  marketplaceDeploymentShell: { id: string; container?: string; command?: string[]; tty?: boolean; columns?: number; rows?: number }
  marketplaceDeploymentStart: { id: string }
  marketplaceDeploymentStop: { id: string }
  marketplaceDeploymentUpdate: { id: string; version?: string }
  marketplaceDeployments: Record<string, never>
  marketplaceDevLogin: { name: string }
  marketplaceDomainAdd: { id: string; host: string }
  marketplaceDomainRemove: { id: string; host: string }
  marketplaceDomainVerify: { id: string; host: string }
  marketplaceDomains: { id: string }
  marketplaceGate: { host: string; next?: string }
  marketplaceGateCheck: Record<string, never>
  marketplaceGateEnter: { token: string; next?: string }
  marketplaceGrant: { id: string; amount: string; note?: string }
  marketplaceGuestAdd: { id: string; name: string }
  marketplaceGuestRemove: { id: string; name: string }
  marketplaceGuests: { id: string }
  marketplaceLogin: { provider?: string; next_url?: string }
  marketplaceLogout: Record<string, never>
  marketplaceOffers: Record<string, never>
  marketplaceOptions: Record<string, never>
  marketplacePackage: { name: string; version?: string }
  marketplacePackageAdd: { source: string }
  marketplacePackageIcon: { name: string }
  marketplacePackageRemove: { name: string }
  marketplacePackageServers: { name: string; server?: string; domain?: string; email?: string; includes?: unknown[] }
  marketplacePackageStart: { name: string }
  marketplacePackageStop: { name: string }
  marketplacePackages: Record<string, never>
  marketplacePool: { id: string; before?: number }
  marketplacePoolNew: { name: string; kind?: string; chain: number; token: string }
  marketplacePoolRefresh: { id: string }
  marketplacePoolVoucher: { code: string }
  marketplacePools: Record<string, never>
  marketplaceSessionEnd: { id: string }
  marketplaceSessions: Record<string, never>
  marketplaceSessionsEnd: Record<string, never>
  marketplaceSettings: Record<string, never>
  marketplaceSettingsSet: { overProvisioning?: unknown; testCert?: unknown; identityGuard?: unknown }
  marketplaceSiwe: { message: string; signature: string }
  marketplaceSiweNonce: Record<string, never>
  marketplaceTerms: Record<string, never>
  marketplaceTermsAccept: { hash: string }
  marketplaceUserBlock: { id: string }
  marketplaceUserUnblock: { id: string }
  marketplaceUserUnpin: { id: string }
  marketplaceUsers: { search?: string; offset?: number; limit?: number }
  marketplaceVoucherEnd: { code: string }
  marketplaceVoucherNew: { amount: string; chain: number; token: string; uses?: number; expires?: number; note?: string }
  marketplaceVouchers: Record<string, never>
}

/** Which route leads to which command. */
export interface Routes {
  "DELETE /auth/sessions": "marketplaceSessionsEnd"
  "DELETE /auth/sessions/:id": "marketplaceSessionEnd"
  "DELETE /chatflows/:id": "chatflowsDrop"
  "DELETE /marketplace/api/admin/backup-servers/:name": "marketplaceAdminBackupServerRemove"
  "DELETE /marketplace/api/admin/deployments/:id": "marketplaceAdminDeploymentDelete"
  "DELETE /marketplace/api/admin/packages/:name": "marketplacePackageRemove"
  "DELETE /marketplace/api/admin/vouchers/:code": "marketplaceVoucherEnd"
  "DELETE /marketplace/api/deployments/:id": "marketplaceDeploymentDelete"
  "DELETE /marketplace/api/deployments/:id/backups": "marketplaceBackupPurge"
  "DELETE /marketplace/api/deployments/:id/domains/:host": "marketplaceDomainRemove"
  "DELETE /marketplace/api/deployments/:id/guests/:name": "marketplaceGuestRemove"
  "GET /.atoll/check": "marketplaceGateCheck"
  "GET /.atoll/enter": "marketplaceGateEnter"
  "GET /auth/3bot_callback": "marketplaceConnectCallback"
  "GET /auth/authenticated": "marketplaceAuthenticated"
  "GET /auth/authorized": "marketplaceAuthorized"
  "GET /auth/gate": "marketplaceGate"
  "GET /auth/login": "marketplaceLogin"
  "GET /auth/options": "marketplaceOptions"
  "GET /auth/sessions": "marketplaceSessions"
  "GET /auth/siwe/nonce": "marketplaceSiweNonce"
  "GET /auth/terms": "marketplaceTerms"
  "GET /chatflows": "chatflowsList"
  "GET /chatflows/:id": "chatflowsGet"
  "GET /marketplace/api/admin/audit": "marketplaceAudit"
  "GET /marketplace/api/admin/backup-servers": "marketplaceAdminBackupServers"
  "GET /marketplace/api/admin/backups": "marketplaceAdminBackups"
  "GET /marketplace/api/admin/capacity": "marketplaceCapacity"
  "GET /marketplace/api/admin/certificates": "marketplaceCertificates"
  "GET /marketplace/api/admin/deployments": "marketplaceAdminDeployments"
  "GET /marketplace/api/admin/packages": "marketplaceAdminPackages"
  "GET /marketplace/api/admin/pools": "marketplaceAdminPools"
  "GET /marketplace/api/admin/settings": "marketplaceSettings"
  "GET /marketplace/api/admin/users": "marketplaceUsers"
  "GET /marketplace/api/admin/vouchers": "marketplaceVouchers"
  "GET /marketplace/api/backups": "marketplaceBackupsGone"
  "GET /marketplace/api/deployments": "marketplaceDeployments"
  "GET /marketplace/api/deployments/:id": "marketplaceDeployment"
  "GET /marketplace/api/deployments/:id/backups": "marketplaceBackups"
  "GET /marketplace/api/deployments/:id/domains": "marketplaceDomains"
  "GET /marketplace/api/deployments/:id/events": "marketplaceDeploymentEvents"
  "GET /marketplace/api/deployments/:id/guests": "marketplaceGuests"
  "GET /marketplace/api/deployments/:id/logs": "marketplaceDeploymentLogs"
  "GET /marketplace/api/deployments/:id/metrics": "marketplaceDeploymentMetrics"
  "GET /marketplace/api/deployments/:id/shell": "marketplaceDeploymentShell"
  "GET /marketplace/api/offers": "marketplaceOffers"
  "GET /marketplace/api/packages": "marketplacePackages"
  "GET /marketplace/api/packages/:name": "marketplacePackage"
  "GET /marketplace/api/packages/:name/icon": "marketplacePackageIcon"
  "GET /marketplace/api/pools": "marketplacePools"
  "GET /marketplace/api/pools/:id": "marketplacePool"
  "POST /auth/dev": "marketplaceDevLogin"
  "POST /auth/logout": "marketplaceLogout"
  "POST /auth/siwe": "marketplaceSiwe"
  "POST /auth/terms": "marketplaceTermsAccept"
  "POST /chatflows": "chatflowsNew"
  "POST /chatflows/:id/answers": "chatflowsAnswer"
  "POST /chatflows/:id/back": "chatflowsBack"
  "POST /chatflows/:id/deploy": "chatflowsDeploy"
  "POST /marketplace/api/admin/backup-servers": "marketplaceAdminBackupServerAdd"
  "POST /marketplace/api/admin/backup-servers/:name/accept-key": "marketplaceAdminBackupServerAccept"
  "POST /marketplace/api/admin/backup-servers/:name/check": "marketplaceAdminBackupServerCheck"
  "POST /marketplace/api/admin/backups": "marketplaceAdminBackupNow"
  "POST /marketplace/api/admin/backups/:snapshot/verify": "marketplaceAdminBackupVerify"
  "POST /marketplace/api/admin/deployments/:id/stop": "marketplaceAdminDeploymentStop"
  "POST /marketplace/api/admin/packages": "marketplacePackageAdd"
  "POST /marketplace/api/admin/packages/:name/servers": "marketplacePackageServers"
  "POST /marketplace/api/admin/packages/:name/start": "marketplacePackageStart"
  "POST /marketplace/api/admin/packages/:name/stop": "marketplacePackageStop"
  "POST /marketplace/api/admin/pools": "marketplaceAdminPoolNew"
  "POST /marketplace/api/admin/pools/:id/grant": "marketplaceGrant"
  "POST /marketplace/api/admin/users/:id/block": "marketplaceUserBlock"
  "POST /marketplace/api/admin/users/:id/unblock": "marketplaceUserUnblock"
  "POST /marketplace/api/admin/users/:id/unpin": "marketplaceUserUnpin"
  "POST /marketplace/api/admin/vouchers": "marketplaceVoucherNew"
  "POST /marketplace/api/backups/adopt": "marketplaceBackupAdopt"
  "POST /marketplace/api/deployments": "marketplaceDeploy"
  "POST /marketplace/api/deployments/:id/backups": "marketplaceBackupNow"
  "POST /marketplace/api/deployments/:id/backups/:snapshot/restore": "marketplaceBackupRestore"
  "POST /marketplace/api/deployments/:id/backups/:snapshot/verify": "marketplaceBackupVerify"
  "POST /marketplace/api/deployments/:id/backups/key": "marketplaceBackupKey"
  "POST /marketplace/api/deployments/:id/credentials": "marketplaceDeploymentCredentials"
  "POST /marketplace/api/deployments/:id/domains": "marketplaceDomainAdd"
  "POST /marketplace/api/deployments/:id/domains/:host/verify": "marketplaceDomainVerify"
  "POST /marketplace/api/deployments/:id/extend": "marketplaceDeploymentExtend"
  "POST /marketplace/api/deployments/:id/guests": "marketplaceGuestAdd"
  "POST /marketplace/api/deployments/:id/resize": "marketplaceDeploymentResize"
  "POST /marketplace/api/deployments/:id/restart": "marketplaceDeploymentRestart"
  "POST /marketplace/api/deployments/:id/rollback": "marketplaceDeploymentRollback"
  "POST /marketplace/api/deployments/:id/start": "marketplaceDeploymentStart"
  "POST /marketplace/api/deployments/:id/stop": "marketplaceDeploymentStop"
  "POST /marketplace/api/deployments/:id/update": "marketplaceDeploymentUpdate"
  "POST /marketplace/api/pools": "marketplacePoolNew"
  "POST /marketplace/api/pools/:id/refresh": "marketplacePoolRefresh"
  "POST /marketplace/api/pools/voucher": "marketplacePoolVoucher"
  "PUT /marketplace/api/admin/settings": "marketplaceSettingsSet"
  "PUT /marketplace/api/deployments/:id/backups": "marketplaceBackupPlan"
}
