// SPDX-License-Identifier: Apache-2.0
// api/*.json as the tests see them: commands, the ways in, and what each of them refuses.
import { readFileSync, readdirSync } from 'node:fs'
import { request, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'

const folder = new URL('../../../api/', import.meta.url).pathname
const read = <T>(name: string): T => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T

export interface ApiError { name: string; status: number; text: string }
export type FieldType = 'string' | 'text' | 'address' | 'int' | 'number' | 'bool' | 'object' | 'array' | 'strings' | 'json'
export interface Field { name: string; type: FieldType; required?: boolean; min?: number; max?: number; max_len?: number }
export interface Route {
  method: string
  path: string
  group?: string
  name?: string
  input?: 'query' | 'body' | 'raw' | 'stream'
  map?: Record<string, string | string[]>
  errors?: 'text' | 'string' | 'object'
  empty_body?: string
  missing?: Record<string, string>
}
export interface Command {
  command: string
  auth?: string
  direct?: boolean
  fields: Field[]
  routes: Route[]
  errors?: string[]
  reply_schema?: object
  reply_type?: string
  reply_direct?: { type: string; schema?: object }
  example?: Record<string, unknown>
}

export const errors = new Map(read<ApiError[]>('errors.json').map((e) => [e.name, e]))
const all = readdirSync(folder).filter((f) => f.endsWith('.json') && f !== 'errors.json').sort()
  .map((f) => ({ fields: [], routes: [], ...read<object>(f) }) as unknown as Command)
/** Those of Ocean's protocol and of the node's operator. */
export const commands = all.filter((c) => !c.routes.some((r) => r.group))
/** Those of the page: people log in for them (login.test.ts asks each without). */
export const pageCommands = all.filter((c) => c.routes.some((r) => r.group))

/** A way to a command: one of its routes, or /directCommand. */
export interface Door { command: Command; route: Route | null; name: string; input: 'query' | 'body' | 'raw' }

/** To a client a streamed body is bytes like any other. */
const inputOf = (r: Route): Door['input'] =>
  r.input === 'stream' ? 'raw' : r.input ?? (['POST', 'PATCH'].includes(r.method) ? 'body' : 'query')

export function doorsOf(command: Command): Door[] {
  const doors: Door[] = command.routes.map((route) => ({ command, route, name: `${route.method} ${route.path}`, input: inputOf(route) }))
  if (command.direct !== false) doors.push({ command, route: null, name: 'directCommand', input: 'body' })
  return doors
}

/** The errors that a command lists itself, as far as they belong to this door. */
export function listedAt(door: Door): string[] {
  const here = door.route ? 'route' : 'direct'
  return (door.command.errors ?? []).map((e) => e.split('@') as [string, string?])
    .filter(([, at]) => !at || at === here).map(([name]) => name)
}

/** Where a door finds a field: the place, and the name there ('' for the whole body); the first of several. */
export function placeOf(door: Door, field: string): [place: 'query' | 'path' | 'header' | 'body', name: string] {
  const mapped = [door.route?.map?.[field]].flat()[0]
  if (!mapped) return [door.input === 'body' ? 'body' : 'query', field]
  const [place = '', name = ''] = mapped.split(/\.(.*)/s)
  return [place as 'query', name]
}

export interface Reply { status: number; text: string; type: string; headers: IncomingHttpHeaders }

/** Requests as no client library sends them: a GET with a body, a repeated parameter. */
export function send(url: string, method: string, body?: Buffer | string, headers: Record<string, string> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const req = request(url, { method, headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) } }, (res) => {
      const parts: Buffer[] = []
      res.on('data', (c: Buffer) => parts.push(c)).on('error', reject).on('end', () => resolve({
        status: res.statusCode ?? 0, text: Buffer.concat(parts).toString(), type: res.headers['content-type'] ?? '', headers: res.headers
      }))
    })
    req.on('error', reject).end(body)
  })
}

export type Args = Record<string, unknown>
export interface Ask { args: Args; token?: string; raw?: Buffer | string; type?: string }

function queryText(args: Array<[string, unknown]>): string {
  const q = new URLSearchParams()
  for (const [name, value] of args) {
    if (Array.isArray(value)) for (const v of value) q.append(name, String(v))
    else if (typeof value === 'object' && value !== null) q.append(name, JSON.stringify(value))
    else if (value !== undefined && value !== null) q.append(name, String(value))
  }
  const text = q.toString()
  return text ? `?${text}` : ''
}

/** Asks a command through a door; arrays in a query become repeated parameters. */
export async function ask(base: string, door: Door, q: Ask): Promise<Reply> {
  const { route, command } = door
  if (!route) {
    const body = { command: command.command, ...q.args, ...(q.token ? { authorization: q.token } : {}) }
    return send(`${base}/directCommand`, 'POST', JSON.stringify(body), { 'content-type': 'application/json' })
  }
  let path = route.path
  let whole: unknown
  const query: Array<[string, unknown]> = []
  const body: Args = {}
  const headers: Record<string, string> = q.token ? { authorization: q.token } : {}
  for (const [field, value] of Object.entries(q.args)) {
    const [place, name] = placeOf(door, field)
    if (place === 'path') path = path.replace(new RegExp(`:${name}\\??`), encodeURIComponent(String(value)))
    else if (place === 'query') query.push([name, value])
    else if (place === 'header') headers[name] = String(value)
    else if (name) body[name] = value
    else whole = value
  }
  path = path.replace(/\/:\w+\?$/, '')
  const hasBody = door.input === 'body' || whole !== undefined
  const sent = q.raw ?? (hasBody ? JSON.stringify(whole ?? body) : undefined)
  if (sent !== undefined) headers['content-type'] = q.type ?? (door.input === 'raw' ? 'application/octet-stream' : 'application/json')
  return send(base + path + queryText(query), route.method, sent, headers)
}

/** The text of an error; `says` stands for its %s, each a text or what matches it. */
export function pattern(e: ApiError, says: Array<string | RegExp | number> = []): RegExp {
  const rest = [...says]
  const escape = (s: string): string => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const parts = e.text.split(/%(?:\.\*)?[\d.]*[lz]*[a-z]/)
  const source = parts.map(escape).reduce((sum, part) => {
    const v = rest.shift()
    return sum + (v instanceof RegExp ? `(?:${v.source})` : v === undefined ? '[^]+' : escape(String(v))) + part
  })
  return new RegExp(`^${source}$`, 's')
}

/** What an answer that refuses says, read as this door writes errors; null when it is written otherwise. */
export function errorText(door: Door, r: Reply): string | null {
  const style = door.route?.errors ?? 'text'
  if (style === 'text') return r.type === 'text/plain; charset=utf-8' ? r.text : null
  if (r.type !== 'application/json; charset=utf-8') return null
  const v = JSON.parse(r.text) as unknown
  if (style === 'string') return typeof v === 'string' ? v : null
  const keys = Object.keys(v as object)
  const { error } = v as { error?: unknown }
  return keys.length === 1 && typeof error === 'string' ? error : null
}
