// SPDX-License-Identifier: Apache-2.0
// A free job that only says `echo`: from the POST to results that can be fetched; and the Docker
// calls that no engine can do without, back to back.
import { request } from 'node:http'
import type { World } from '../test/api/fixtures.ts'
import { rawAlgorithm, smallest } from '../test/api/lib/compute.ts'
import { digest, registry, socketPath } from '../test/api/lib/docker.ts'
import { sleep } from '../test/api/lib/process.ts'
import type { Figure } from './run.ts'
import { median } from './start.ts'

const ROUNDS = 10

function docker(method: string, path: string, body?: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = body ? { 'content-type': 'application/json' } : {}
    const req = request({ socketPath, path: `/v1.41${path}`, method, headers }, (res) => {
      let text = ''
      res.setEncoding('latin1').on('data', (c: string) => { text += c }).on('end', () => {
        if ((res.statusCode ?? 500) < 400) resolve(text)
        else reject(new Error(`${path}: ${text}`))
      })
    })
    req.on('error', reject).end(body ? JSON.stringify(body) : undefined)
  })
}

/** create, start, wait, archive, remove */
async function bare(image: string): Promise<number> {
  const began = performance.now()
  const { Id } = JSON.parse(await docker('POST', '/containers/create', {
    Image: image, Cmd: ['sh', '-c', 'mkdir -p /tmp/outputs; echo hello'], User: '1000:1000', NetworkDisabled: true
  })) as { Id: string }
  await docker('POST', `/containers/${Id}/start`)
  await docker('POST', `/containers/${Id}/wait`)
  await docker('GET', `/containers/${Id}/archive?path=/tmp/outputs`)
  const took = performance.now() - began
  await docker('DELETE', `/containers/${Id}?force=true`)
  return took
}

async function job(w: World, environment: Awaited<ReturnType<World['compute']['environment']>>): Promise<number> {
  const algorithm = await rawAlgorithm('echo hello\n')
  const began = performance.now()
  const { jobId } = await w.compute.startFree(environment, {
    who: w.consumer, datasets: [], algorithm, resources: smallest(environment.free?.resources)
  })
  const id = jobId.slice(jobId.indexOf('-') + 1)
  for (;;) {
    const [now] = await (await fetch(`${w.url}/api/services/compute?jobId=${id}`)).json() as any[]
    if (now.dateFinished) {
      if (now.terminationDetails?.exitCode !== 0) throw new Error(JSON.stringify(now))
      return performance.now() - began
    }
    await sleep(5)
  }
}

export async function benchJob(w: World): Promise<Figure[]> {
  const e = await w.compute.environment()
  const ours: number[] = []
  const floor: number[] = []
  const image = `${registry().address}/bb@${await digest('bb', '1')}`
  await job(w, e) // pulls the image
  for (let i = 0; i < ROUNDS; i++) {
    ours.push(await job(w, e))
    floor.push(await bare(image))
  }
  return [{
    name: `free echo job, POST to results, median of ${ROUNDS}`, value: `${(median(ours) / 1000).toFixed(2)} s`,
    floor: `${(median(floor) / 1000).toFixed(2)} s`, goal: '1.00 s'
  }]
}
