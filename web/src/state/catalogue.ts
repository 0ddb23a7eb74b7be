// SPDX-License-Identifier: Apache-2.0
// What can be deployed, and the search among it.
import { signal } from '@preact/signals'
import { get, path } from '../api/client.ts'
import type { Package, PackageFull } from '../api/shapes.ts'
import { keyed } from './remote.ts'

export const search = signal('')
/** '' is all of them. */
export const category = signal('')

export const packages = () => keyed('packages', async (s) => (await get<{ packages: Package[] }>('/marketplace/api/packages', s)).packages)
export const packageOf = (name: string) =>
  keyed(`package/${name}`, (s) => get<PackageFull>(path`/marketplace/api/packages/${name}`, s))

export const iconOf = (p: Package): string => path`/marketplace/api/packages/${p.name}/icon`

/** Every word of the search stands somewhere in the title, name, summary or category. */
export function found(p: Package, words: string): boolean {
  const text = `${p.title} ${p.name} ${p.summary} ${p.category}`.toLowerCase()
  return words.toLowerCase().split(/\s+/).every((w) => text.includes(w))
}

/** The categories of what is offered, with how many there are of each, in the order in which the node names them. */
export function categories(list: Package[]): Array<[string, number]> {
  const out = new Map<string, number>()
  for (const p of list.filter((x) => x.offered)) out.set(p.category, (out.get(p.category) ?? 0) + 1)
  return [...out]
}
