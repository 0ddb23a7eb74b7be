// SPDX-License-Identifier: Apache-2.0
// No code: the compiler holds the shapes that the page uses against the descriptions in api/ (types.ts). A member that the
// page needs and a description does not have is an error here.
import type * as s from './shapes.ts'
import type { Answers } from './types.ts'

type Needed<T> = { [K in keyof T]-?: undefined extends T[K] ? never : K }[keyof T]
/** What the page needs of S and the description of A does not know; never, when all is well. */
type Lacks<A, S> = unknown extends A ? never : Exclude<Needed<S>, keyof A>
type Item<A, K extends keyof A> = A[K] extends Array<infer T> ? T : never
type None<T extends never> = T

export type Checked = [
  None<Lacks<Answers['marketplaceAuthenticated'], s.Person>>,
  None<Lacks<Answers['marketplaceTerms'], s.Terms>>,
  None<Lacks<Item<Answers['marketplaceSessions'], 'sessions'>, s.Session>>,
  None<Lacks<Answers['chatflowsGet'], s.Wizard>>,
  None<Lacks<Item<Answers['marketplaceDomains'], 'domains'>, s.Domain>>,
  None<Lacks<Item<Answers['marketplaceCertificates'], 'certificates'>, s.Certificate>>,
  None<Lacks<Item<Answers['marketplacePackages'], 'packages'>, s.Package>>,
  None<Lacks<Answers['marketplacePackage'], s.PackageFull>>,
  None<Lacks<Item<Answers['marketplaceDeployments'], 'deployments'>, s.Deployment>>,
  None<Lacks<Answers['marketplaceDeployment'], s.DeploymentFull>>,
  None<Lacks<Answers['marketplaceDeploymentMetrics'], s.Metrics>>,
  None<Lacks<Answers['marketplaceBackups'], s.Backups>>,
  None<Lacks<Item<Answers['marketplacePools'], 'pools'>, s.Pool>>,
  None<Lacks<Answers['marketplaceOffers'], s.Offers>>,
  None<Lacks<Item<Answers['marketplaceUsers'], 'users'>, s.User>>,
  None<Lacks<Item<Answers['marketplaceVouchers'], 'vouchers'>, s.Voucher>>,
  None<Lacks<Item<Answers['marketplaceAudit'], 'entries'>, s.AuditEntry>>,
  None<Lacks<Item<Answers['marketplaceAdminPackages'], 'packages'>, s.AdminPackage>>,
  None<Lacks<Item<Answers['marketplaceAdminBackupServers'], 'servers'>, s.BackupServer>>,
  None<Lacks<Answers['marketplaceCapacity'], s.Capacity>>,
  None<Lacks<Answers['marketplaceSettings'], s.Settings>>
]
