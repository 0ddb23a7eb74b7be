// SPDX-License-Identifier: Apache-2.0
// One script, one style sheet, no inlined data: the page's policy allows its own files only.
import { defineConfig } from 'vite'

const node = process.env.ATOLL_URL ?? 'http://127.0.0.1:8030'
const ours = ['/marketplace/api', '/auth', '/chatflows']

export default defineConfig({
  base: '/marketplace/',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    outDir: process.env.ATOLL_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false
  },
  // `npm run dev`: the page from its sources, the routes from a node that runs
  server: { proxy: Object.fromEntries(ours.map((path) => [path, { target: node, changeOrigin: false }])) }
})
