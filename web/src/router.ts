// SPDX-License-Identifier: Apache-2.0
// Routes live behind #/ : "#/deployments/d1/logs?follow=1" -> ['deployments', 'd1', 'logs'].
import { computed, signal } from '@preact/signals'

export interface Route { parts: string[]; query: URLSearchParams; hash: string }

function decode(s: string): string {
  try {
    return decodeURIComponent(s)
  } catch {
    return s
  }
}

function read(): Route {
  const hash = location.hash.replace(/^#/, '') || '/'
  const [path = '', query = ''] = hash.split(/\?(.*)/s)
  return { hash, parts: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) }
}

export const route = signal<Route>(read())
/** Changes when another page is shown, not when its query does: the heading takes the focus then. */
export const place = computed(() => route.value.parts.join('/'))

addEventListener('hashchange', () => {
  const before = place.value
  route.value = read()
  if (place.value !== before) scrollTo(0, 0)
})

export const link = (...parts: string[]): string => `#/${parts.map(encodeURIComponent).join('/')}`

export function go(hash: string): void { location.hash = hash.replace(/^#/, '') }

/** The same, without a way back to the page that is left. */
export function replace(hash: string): void { location.replace(`${location.pathname}${location.search}${hash}`) }
