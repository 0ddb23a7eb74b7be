// SPDX-License-Identifier: Apache-2.0
// Light, dark, or as the system says.
import { signal } from '@preact/signals'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = typeof THEMES[number]
const KEY = 'atoll-theme'

function kept(): Theme {
  try {
    return THEMES.find((x) => x === localStorage.getItem(KEY)) ?? 'system'
  } catch {
    return 'system'
  }
}

export const theme = signal<Theme>(kept())

export function applyTheme(): void { document.documentElement.dataset.theme = theme.value }

export function setTheme(next: Theme): void {
  theme.value = next
  applyTheme()
  try {
    localStorage.setItem(KEY, next)
  } catch { /* not kept, then */ }
}
