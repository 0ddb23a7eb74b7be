// SPDX-License-Identifier: Apache-2.0
// mock.mjs [PORT]: prints its port (0: any free one). The page of web/dist with made-up answers behind it, for looking at every view without a node.
// For development and `make screenshots` only; tests talk to a real node.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
const now = Date.now()
const H = 3600_000
const D = 24 * H

const money = (n) => ({ amount: String(BigInt(Math.round(n * 1e6)) * 10n ** 12n), decimals: 18, symbol: 'OCEAN', chain: 8996, token: '0x0000000000000000000000000000000000000001' })
const sizes = [['small', 'Small', 0.5, 0.5, 2, 0.02], ['medium', 'Medium', 1, 2, 10, 0.06], ['large', 'Large', 2, 4, 50, 0.14]]
  .map(([name, label, cpu, ram, disk, price]) => ({ name, label, cpu, ram, disk, perHour: money(price) }))
const pack = (name, title, category, summary, more = {}) => ({ name, title, category, summary, version: '1.2.0', offered: true, sizes, count: 0, ...more })
const packages = [
  pack('site', 'Static site', 'Web', 'A website from a git repository, built and served over HTTPS, updated when you push.', { count: 2 }),
  pack('wiki', 'Wiki', 'Web', 'Pages that a team writes together, with history and search.'),
  pack('git', 'Git server', 'Development', 'Repositories over SSH and HTTPS, with a page to browse them.'),
  pack('jupyter', 'JupyterLab', 'Development', 'Notebooks in Python, next to your data.', { count: 1 }),
  pack('generic', 'Generic container', 'Servers', 'Any image that you name, with ports, volumes and variables of your own.'),
  pack('ubuntu', 'Ubuntu with SSH', 'Servers', 'A small server of your own, reached with your key.'),
  pack('postgres', 'PostgreSQL', 'Data', 'A database with nightly backups.'),
  pack('redis', 'Redis', 'Data', 'A fast store for keys and values.'),
  pack('s3', 'Object store', 'Data', 'Buckets that speak S3.'),
  pack('monitoring', 'Monitoring', 'Operations', 'Prometheus and Grafana, ready to watch the others.'),
  pack('chat', 'Chat server', 'Communication', 'XMPP for you and yours.'),
  pack('kubernetes', 'Kubernetes', 'Servers', 'A cluster of your own.', { offered: false, sizes: [], reason: 'A cluster needs virtual machines; this node runs containers.' })
]
const progress = { step: 3, steps: 7, text: 'Pulling the image nginx (42 of 96 MiB)', percent: 44 }
const dep = (id, name, p, state, more = {}) => ({
  id, name, package: p, version: '1.1.0', title: packages.find((x) => x.name === p).title, size: 'medium', state, step: state, reason: '', health: 'healthy',
  url: `https://${name}.apps.example.org/`, ports: [], pool: 'p1', perHour: money(0.06), spent: money(1.2345), paidUntil: now + 40 * 60_000, ends: now + 12 * D,
  created: now - 9 * D, ...more
})
const deployments = [
  dep('d1', 'my-site', 'site', 'running', { newVersion: '1.2.0' }),
  dep('d2', 'notes', 'jupyter', 'creating', { progress, health: 'starting', spent: money(0) }),
  dep('d3', 'blog', 'site', 'grace', { reason: 'The pool “Main” is empty; data is kept for 3 days.', health: 'none' }),
  dep('d4', 'db', 'postgres', 'failed', { reason: 'The health check did not pass within 60 s; the period was refunded.', health: 'none', ends: null, ports: [{ name: 'sql', host: 'node.example.org', port: 30432, protocol: 'tcp' }] })
]
const full = (d) => ({
  ...d,
  ports: d.id === 'd1' ? [{ name: 'ssh', host: 'node.example.org', port: 30022, protocol: 'tcp' }] : d.ports,
  timeline: [['creating', 'network'], ['creating', 'pull'], ['creating', 'start'], ['creating', 'health'], ['running', '']].map(([state, step], i) => ({ at: d.created + i * 9000, state, step, reason: i === 4 ? 'The health check passed.' : '' })),
  containers: [{ name: 'web', image: 'docker.io/library/nginx@sha256:0123456789abcdef0123456789abcdef0123456789abcdef', state: 'running', health: 'healthy', restarts: 0 },
    { name: 'builder', image: 'docker.io/library/git@sha256:1123456789abcdef0123456789abcdef', state: 'running', health: 'none', restarts: 1 }],
  results: [{ label: 'Administration', value: `https://${d.name}.apps.example.org/admin` }, { label: 'User', value: 'admin' }],
  review: [{ label: 'Name', value: d.name }, { label: 'Repository', value: 'https://git.example.org/me/site' }, { label: 'Branch', value: 'main' }]
})
const pools = [
  { id: 'p1', name: 'Main', kind: 'granted', balance: money(12.5), locked: money(0.12), burnPerHour: money(0.18), emptyAt: now + 69 * H, warning: '' },
  { id: 'p2', name: 'Wallet', kind: 'wallet', balance: money(0.4), locked: money(0.06), burnPerHour: money(0.06), emptyAt: now + 6 * H, warning: 'low', payer: '0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1',
    escrow: { contract: '0xe78A0F7E598Cc8b0Bb87894B0F60dD2a88d6a8Ab', node: '0xFFcf8FDEE72ac11b5c542428B35EEF5769C409f0', isAuthorized: true, authorized: money(50), needed: { amount: money(0.2), seconds: 10800, locks: 4 }, enough: true } }
]
const entries = [['charge', -0.06], ['refund', 0.031], ['charge', -0.06], ['voucher', 5], ['grant', 10]].map(([kind, n], i) => ({ id: String(i), at: now - i * 7 * H, kind, amount: { ...money(Math.abs(n)), amount: (n < 0 ? '-' : '') + money(Math.abs(n)).amount }, note: kind === 'grant' ? 'Welcome' : '', ...(i < 3 ? { deployment: 'd1' } : {}) }))
const q = (name, type, label, more = {}) => ({ name, type, label, required: true, ...more })
const opts = (...v) => v.map(([value, label, note]) => ({ value, label, note }))
const steps = {
  name: [q('name', 'string', 'Name of the deployment', { help: 'Letters, digits and dashes; it becomes part of the address.', max_length: 32 })],
  site: [q('repo', 'giturl', 'Repository', { help: 'The site is built from it.' }), q('branch', 'string', 'Branch', { default: 'main' }), q('generator', 'choice', 'How is it built?', { options: opts(['none', 'As it is', 'Plain HTML'], ['hugo', 'Hugo', 'A theme is needed'], ['jekyll', 'Jekyll']) }),
    q('langs', 'multi', 'Languages', { required: false, max: 2, options: opts(['en', 'English'], ['de', 'German'], ['fr', 'French']) })],
  more: [q('note', 'note', 'Your data stays here', { help: 'Nothing leaves the machine except by your own address.' }), q('key', 'sshkey', 'SSH key', { required: false }), q('token', 'secret', 'Access token', { required: false, help: 'For a private repository.' }),
    q('text', 'text', 'Message of the day', { required: false }), q('workers', 'int', 'Workers', { min: 1, max: 8, default: 2 }), q('zone', 'dropdown', 'Time zone', { options: opts(['utc', 'UTC'], ['cet', 'Berlin']) }),
    q('env', 'keyvalue', 'Variables', { required: false }), q('every', 'duration', 'Rebuild every', { required: false }), q('file', 'file', 'Logo', { required: false, max_size: 65536, allowed_types: ['image/'] }), q('ok', 'confirm', 'I may publish this content')],
  size: [q('size', 'size', 'Size', { options: sizes.map((s) => ({ value: s.name, label: s.label, note: `${s.cpu} cores, ${s.ram} GiB, ${s.disk} GiB disk` })) }), q('pool', 'pool', 'Pay from', { options: opts(['p1', 'Main', '12.5 OCEAN'], ['p2', 'Wallet', '0.4 OCEAN']) }), q('ends', 'datetime', 'Runs until', { required: false })]
}
const names = [...Object.keys(steps), 'review']
const wiz = { at: 0 }
const wizard = () => ({
  id: 'w1', package: 'site', version: '1.2.0', title: 'Static site', state: names[wiz.at] === 'review' ? 'review' : 'asking', step: names[wiz.at], errors: {}, expires: now + D,
  steps: names.map((name, i) => ({ name, title: { name: 'Name', site: 'Website', more: 'Details', size: 'Size and payment', review: 'Review' }[name], done: i < wiz.at })), questions: steps[names[wiz.at]] ?? [],
  ...(names[wiz.at] === 'review' ? { review: [{ label: 'Name', value: 'my-site' }, { label: 'Repository', value: 'https://git.example.org/me/site' }, { label: 'Size', value: 'Medium' }],
    quote: { hash: 'q', period_s: 3600, perPeriod: money(0.06), perHour: money(0.06), lines: [{ label: 'Processor', amount: money(0.04) }, { label: 'Memory', amount: money(0.015) }, { label: 'Disk', amount: money(0.005) }], upfront: money(0.06), pool: { id: 'p1', name: 'Main', balance: money(12.5) }, lastsUntil: now + 200 * H, ends: null } } : {})
})
const wave = (base, size, n = 60) => Array.from({ length: n }, (_, i) => [now - (n - i) * 60_000, Math.max(0, base + size * Math.sin(i / 5) + size * 0.4 * Math.sin(i * 1.7))])
const who = { id: 'u0123456789abcdef0123456789abcdef', kind: 'connect', name: 'alice.3bot', email: 'alice@example.org', admin: true, terms: true }
const state = { person: who }

const A = '/marketplace/api'
const ROUTES = [
  ['GET', '/auth/options', () => ({ providers: [{ id: 'connect' }, { id: 'wallet' }, { id: 'dev' }], terms: { hash: 'h', url: '/auth/terms' }, testCert: true, version: '0.1.0', baseDomain: 'apps.example.org' })],
  ['GET', '/auth/authenticated', () => state.person],
  ['POST', '/auth/dev', () => (state.person = who)],
  ['POST', '/auth/logout', () => { state.person = null; return {} }],
  ['GET', '/auth/terms', () => ({ hash: 'h', text: readFileSync(new URL('terms.txt', import.meta.url), 'utf8') })],
  ['POST', '/auth/terms', () => { state.person = { ...who, terms: true }; return {} }],
  ['GET', '/auth/sessions', () => ({ sessions: [{ id: 's1', current: true, created: now - D, seen: now, expires: now + 6 * D, agent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/131', address: '192.0.2.7' }, { id: 's2', current: false, created: now - 3 * D, seen: now - D, expires: now + D, agent: 'Mozilla/5.0 (iPhone) Safari/605', address: '198.51.100.4' }] })],
  ['GET', `${A}/packages`, () => ({ packages })],
  ['GET', `${A}/packages/:id`, (id) => ({ ...packages.find((p) => p.name === id), description: 'What you get.\n\nA web server that serves the files of a git repository. It pulls when you push and keeps the last good version if a build fails.\n\n- HTTPS by itself\n- Own domains\n- Nightly backups to two servers', links: [{ label: 'Documentation', url: 'https://example.org/docs' }] })],
  ['GET', '/chatflows', () => ({ chatflows: [{ ...wizard(), title: 'Wiki', package: 'wiki' }] })],
  ['POST', '/chatflows', () => { wiz.at = 0; return wizard() }],
  ['GET', '/chatflows/:id', wizard],
  ['POST', '/chatflows/:id/answers', () => { wiz.at++; return wizard() }],
  ['POST', '/chatflows/:id/back', (_, b) => { wiz.at = b.to ? names.indexOf(b.to) : wiz.at - 1; return wizard() }],
  ['POST', '/chatflows/:id/deploy', () => ({ deployment: 'd2' })],
  ['GET', `${A}/deployments`, () => ({ deployments })],
  ['GET', `${A}/deployments/:id`, (id) => full(deployments.find((d) => d.id === id))],
  ['POST', `${A}/deployments/:id/credentials`, () => ({ credentials: [{ label: 'User', value: 'admin' }, { label: 'Password', value: 'v7Qm2-kd9Xc-PzR4t' }] })],
  ['GET', `${A}/deployments/:id/domains`, (id) => ({ domains: [{ host: `${id}.apps.example.org`, custom: false, state: 'serving', reason: '' }, { host: 'www.example.com', custom: true, state: 'serving', reason: '' }, { host: 'example.net', custom: true, state: 'unproven', reason: 'No TXT record found at _atoll.example.net.', txt: { name: '_atoll.example.net', value: 'atoll-proof=7f3a9c2e41b8' }, cname: { name: 'example.net', value: 'my-site.apps.example.org' } }] })],
  ['GET', `${A}/deployments/:id/guests`, () => ({ guests: ['bob.3bot'] })],
  ['GET', `${A}/deployments/:id/metrics`, () => ({ step_s: 60, cpu: wave(30, 22), memory: wave(3e8, 6e7), disk: wave(1.2e9, 1e6), rx: wave(4e4, 3e4), tx: wave(2e5, 2e5) })],
  ['GET', `${A}/deployments/:id/backups`, () => ({ schedule: '30 3 * * *', retention: { last: 3, daily: 7, weekly: 4, monthly: 0, yearly: 0 }, repository: 'n1/d1', alerts: [], next: now + 5 * H, running: false, servers: [{ name: 'backup-1', ok: true, lastAt: now - 8 * H, lastOk: now - 8 * H, error: '' }, { name: 'backup-2', ok: false, lastAt: now - 8 * H, lastOk: now - 3 * D, error: 'The host does not answer on port 22.' }],
    snapshots: [1, 2, 3].map((i) => ({ id: `s${i}`, at: now - i * D, size: 3e7 * i, servers: i === 1 ? ['backup-1'] : ['backup-1', 'backup-2'], ok: i !== 1 })) })],
  ['POST', `${A}/deployments/:id/backups/key`, () => ({ key: 'atoll-key-1-abcdef' })],
  ['GET', `${A}/pools`, () => ({ pools })],
  ['GET', `${A}/pools/:id`, (id) => ({ ...pools.find((p) => p.id === id), entries })],
  ['GET', `${A}/offers`, () => ({ tokens: [{ chain: 8996, token: '0x1', symbol: 'OCEAN', decimals: 18 }], period_s: 3600 })],
  ['GET', `${A}/admin/users`, () => ({ users: [who, { id: 'u1', kind: 'wallet', name: '0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1', email: '', admin: false, created: now - 9 * D, seen: now - H, deployments: 3, pools: 1 }, { id: 'u2', kind: 'connect', name: 'bob.3bot', email: 'bob@example.org', admin: false, blocked: true, created: now - D, seen: now - D, deployments: 0, pools: 0 }].map((u) => ({ created: now, seen: now, deployments: 4, pools: 2, ...u })) })],
  ['GET', `${A}/admin/pools`, () => ({ pools: pools.map((p) => ({ ...p, owner: who.id })) })],
  ['GET', `${A}/admin/vouchers`, () => ({ vouchers: [{ id: 'v1', amount: money(5), uses: 20, used: 7, expires: now + 20 * D, created: now - D, note: 'Workshop', revoked: false }] })],
  ['POST', `${A}/admin/vouchers`, () => ({ code: 'A7KQ-93PX-2MVD' })],
  ['GET', `${A}/admin/deployments`, () => ({ deployments: deployments.map((d) => ({ ...d, owner: who.id })) })],
  ['GET', `${A}/admin/packages`, () => ({ packages: [{ ...pack('marketplace', 'Marketplace', 'Operations', ''), source: 'built in', digest: 'sha256:ab12cd34ef56', state: 'started', permissions: [], servers: [{ name: 'marketplace_root_proxy', domain: 'marketplace.example.org', email: 'ops@example.org', includes: ['default_443.chatflows_*', 'default_443.auth_*', 'default_443.marketplace*'] }] }, ...packages.map((p) => ({ ...p, source: `built in: ${p.name}`, digest: 'sha256:0123456789abcdef', state: p.offered ? 'started' : 'stopped', servers: [], permissions: p.name === 'generic' ? ['any_image', 'host_port'] : [] }))] })],
  ['GET', `${A}/admin/certificates`, () => ({ testCert: true, gateway: { enabled: true, problem: '' }, certificates: [{ host: 'my-site.apps.example.org', owner: who.id, issuer: '(STAGING) Pretend Pear X1', notBefore: now - 9 * D, notAfter: now + 80 * D, state: 'valid', error: '', staging: true }, { host: 'example.net', owner: who.id, issuer: '', notBefore: 0, notAfter: 0, state: 'failed', error: 'urn:ietf:params:acme:error:dns: no such name', staging: false }] })],
  ['GET', `${A}/admin/backup-servers`, () => ({ publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk0 atoll', alerts: [{ at: now - H, deployment: 'd1', server: 'backup-2', kind: 'failed', text: 'my-site could not be saved on backup-2: the host does not answer.' }], servers: [{ name: 'backup-1', host: 'b1.example.org', port: 22, user: 'atoll', path: '/repositories', fingerprint: 'SHA256:p5Yk1r3mJq2t9d0Wn8sVbG4hUeX6aLzC7fKo', state: 'ok', error: '', lastOk: now - 8 * H }, { name: 'backup-2', host: 'b2.example.org', port: 22, user: 'atoll', path: '/repositories', fingerprint: 'SHA256:Qz', state: 'failed', error: 'The host does not answer on port 22.', lastOk: now - 3 * D }] })],
  ['GET', `${A}/admin/capacity`, () => ({ environments: [{ id: 'default', resources: [{ id: 'cpu', total: 8, used: 5, free: 3, overProvisioned: 4 }, { id: 'ram', total: 16, used: 15, free: 1 }, { id: 'disk', total: 200, used: 60, free: 140 }] }] })],
  ['GET', `${A}/admin/settings`, () => ({ overProvisioning: { cpu: 2, ram: 1 }, testCert: true, identityGuard: 'refuse', identity: { state: 'ok' }, overridden: [] })],
  ['GET', `${A}/admin/audit`, () => ({ entries: [{ id: 2, at: now - H, who: who.id, what: 'changed the settings: testCert' }, { id: 1, at: now - 2 * H, who: who.id, what: 'blocked bob.3bot' }] })]
]

function find(method, path) {
  const have = path.split('/')
  for (const [m, pattern, answer] of ROUTES) {
    const want = pattern.split('/')
    if (m === method && want.length === have.length && want.every((w, i) => w.startsWith(':') || w === have[i]))
      return (body) => answer(have[want.findIndex((w) => w.startsWith(':'))], body)
  }
  return null
}

function file(path, res) {
  const name = path.replace('/marketplace/', '') || 'index.html'
  try {
    const bytes = readFileSync(join(dist, name.replaceAll('..', '')))
    res.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream', 'content-security-policy': POLICY }).end(bytes)
  } catch {
    res.writeHead(404).end()
  }
}

createServer(async (req, res) => {
  const { pathname } = new URL(req.url, 'http://x')
  const json = (status, v) => res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(v))
  let text = ''
  for await (const piece of req) text += piece
  if (pathname === '/mock/person') { // for screenshots: who is logged in
    state.person = text === 'nobody' ? null : { ...who, terms: text !== 'new' }
    return json(200, {})
  }
  if (/\/events$/.test(pathname)) return res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': \n\n')
  if (/\/shell$/.test(pathname)) return res.writeHead(426, { 'content-type': 'application/json' }).end('{"error":"This is a WebSocket"}')
  if (/\/logs$/.test(pathname)) return res.writeHead(200, { 'content-type': 'text/plain' }).write(Array.from({ length: 60 }, (_, i) => `2026-01-05T10:00:${String(i).padStart(2, '0')}Z 192.0.2.${i} "GET /page/${i} HTTP/1.1" 200 ${i * 91}\n`).join(''))
  const answer = find(req.method, pathname)
  if (!answer) return pathname.startsWith('/marketplace/api') || req.method !== 'GET' ? json(200, {}) : file(pathname, res)
  const value = answer(text ? JSON.parse(text) : {})
  return value ? json(200, value) : json(401, { error: 'Please log in' })
}).listen(Number(process.argv[2] ?? 8031), '127.0.0.1', function () { console.log(this.address().port) })
