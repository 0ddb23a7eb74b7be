// SPDX-License-Identifier: Apache-2.0
// The Docker Engine and the registry, as far as tests look at them.
import { execFileSync, spawnSync } from 'node:child_process'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { atoll } from './chain.ts'

export const socketPath = process.env.DOCKER_SOCKET ?? '/var/run/docker.sock'
const script = fileURLToPath(new URL('../../../scripts/registry.sh', import.meta.url))

/** One call of the Engine API; the parsed answer. */
export function engine<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const req = request({ socketPath, path, method, headers: body === undefined ? {} : { 'content-type': 'application/json' } }, (res) => {
      const parts: Buffer[] = []
      res.on('data', (c: Buffer) => parts.push(c)).on('end', () => {
        const text = Buffer.concat(parts).toString()
        if ((res.statusCode ?? 500) >= 400) reject(new Error(`${path}: ${res.statusCode} ${text}`))
        else resolve((text ? JSON.parse(text) : null) as T)
      })
    })
    req.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
}

export interface Container { Id: string; State: string; Labels: Record<string, string> }

/** All containers with this label, running or not. */
export const containers = (label: string): Promise<Container[]> =>
  engine(`/v1.41/containers/json?all=true&filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}`)

/** HOST:PORT of the registry, and the node image there (`node:20`). Starts it when nobody has. */
function findRegistry(): { address: string; nodeImage: string } {
  let address = process.env.ATOLL_TEST_REGISTRY
  let nodeImage = process.env.ATOLL_TEST_NODE_IMAGE
  if (!address || !nodeImage) {
    const words = execFileSync(script, ['start'], { encoding: 'utf8' }).trim().split(' ')
    if (words[0] === 'started') process.on('exit', () => { execFileSync(script, ['stop']) })
    address = words[1] ?? ''
    nodeImage = words[2] ?? ''
  }
  return { address, nodeImage }
}

let found: ReturnType<typeof findRegistry> | undefined
export const registry = (): ReturnType<typeof findRegistry> => (found ??= findRegistry())

/** The digest of an image in the registry, as the registry says. */
export async function digest(name: string, tag: string): Promise<string> {
  const r = await fetch(`http://${registry().address}/v2/${name}/manifests/${tag}`, {
    headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' }
  })
  const value = r.headers.get('docker-content-digest')
  if (!value) throw new Error(`the registry has no ${name}:${tag}: ${r.status}`)
  return value
}

/** What a node that was killed, or whose test failed, has left in the engine and among the host's rules goes. */
export async function forsake(node: string): Promise<void> {
  const filter = `filters=${encodeURIComponent(JSON.stringify({ label: [`atoll.node=${node.toLowerCase()}`] }))}`
  const counts = await Promise.all([
    engine<unknown[]>(`/v1.41/containers/json?all=true&${filter}`).then((x) => x.length),
    engine<unknown[]>(`/v1.41/networks?${filter}`).then((x) => x.length),
    engine<{ Volumes: unknown[] | null }>(`/v1.41/volumes?${filter}`).then((x) => x.Volumes?.length ?? 0)
  ]).catch(() => [0])
  const rules = spawnSync('iptables', ['-w', '-n', '-L', `at${node.slice(2, 8).toLowerCase()}-in`]).status === 0
  if (!rules && counts.every((n) => n === 0)) return
  const r = spawnSync(atoll, ['service', 'clean', node, '--confirm', node, '--docker', socketPath], { encoding: 'utf8' })
  if (r.status !== 0) process.stderr.write(`${node} leaves something behind: ${r.stderr}\n`)
}
