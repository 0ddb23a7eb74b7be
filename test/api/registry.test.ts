// SPDX-License-Identifier: Apache-2.0
// Images behind a login: of the request and of the operator, across a restart, on a real registry with
// htpasswd; and images for other machines.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ProviderInstance, type ComputeAlgorithm, type ComputeEnvironment } from '@oceanprotocol/lib'
import { encrypt } from 'eciesjs'
import { World, environments } from './fixtures.ts'
import { CHAIN } from './lib/chain.ts'
import { fileInput, smallest, type Job } from './lib/compute.ts'
import { noise, type ServedFile } from './lib/files.ts'
import { post } from './lib/http.ts'
import type { Person } from './lib/market.ts'
import { PrivateRegistry, login } from './lib/registry.ts'

let w: World
let e: ComputeEnvironment
let theirs: PrivateRegistry
let operators: PrivateRegistry
let input: ServedFile
let nodeKey: Uint8Array
let digest: string

before(async () => {
  [theirs, operators] = await Promise.all([PrivateRegistry.start(), PrivateRegistry.start()])
  digest = (await theirs.push('one')).digest
  await theirs.push('two')
  await operators.push('one')
  const [engine] = environments('') as Array<Record<string, any>>
  engine!.environments[0].free.maxJobs = 1
  delete engine!.environments[0].fees[CHAIN][0].feeToken // Ocean's, then
  w = await World.start({
    env: {
      DOCKER_COMPUTE_ENVIRONMENTS: JSON.stringify([engine]),
      // as people write it: a scheme and a path that the image's name does not have
      DOCKER_REGISTRY_AUTHS: JSON.stringify({ [`https://${operators.address}/v2/`]: login })
    }
  })
  e = await w.compute.environment()
  input = w.files.add('input.bin', noise(100, 'registry'))
  const root = await (await fetch(w.url)).json() as { nodePublicKey: Record<string, number> }
  nodeKey = Uint8Array.from(Object.values(root.nodePublicKey))
})
after(async () => {
  await w?.stop()
  await theirs.stop()
  await operators.stop()
})

const algorithm = (image: string, over: Record<string, unknown> = {}, code = 'echo it ran'): ComputeAlgorithm =>
  ({ meta: { rawcode: code, language: '', version: '1', container: { entrypoint: 'sh $ALGO', image, tag: '1', checksum: '', ...over } } }) as never
const start = async (algo: ComputeAlgorithm, auth?: unknown, who: Person = w.consumer, queue?: number): Promise<Job> =>
  ([await ProviderInstance.freeComputeStart(w.url, who, e.id, [fileInput(input.object)], algo, smallest(e.free?.resources),
    undefined, undefined, undefined, undefined, undefined, queue, auth as never)].flat()[0]) as Job
const runs = async (algo: ComputeAlgorithm, auth?: unknown, who: Person = w.consumer): Promise<string> => {
  const { jobId } = await start(algo, auth, who)
  const job = await w.compute.end(jobId, who)
  assert.equal(job.terminationDetails?.exitCode, 0, `${job.statusName} ${job.statusReason}`)
  return await w.compute.log(job, jobId, who)
}
const refused = async (algo: ComputeAlgorithm, text: RegExp, auth?: unknown, who: Person = w.consumer): Promise<void> => {
  await assert.rejects(start(algo, auth, who), text)
}
const invalid = /Unable to validate docker image/

describe('an image that takes a login', () => {
  const image = (): string => `${theirs.address}/one`

  test('is refused without one, and with a wrong one', async () => {
    await refused(algorithm(image()), invalid)
    await refused(algorithm(image()), invalid, { ...login, password: 'wrong' })
    await refused(algorithm(image()), invalid, { auth: Buffer.from('nobody:nothing').toString('base64') })
  })

  test('runs with a name and a password', async () => {
    assert.match(await runs(algorithm(image()), login), /it ran/)
  })

  test('is not other people\'s, now that the engine has it', async () => {
    await refused(algorithm(image()), invalid, undefined, w.stranger)
    await refused(algorithm(image(), { checksum: digest }), invalid, undefined, w.stranger)
    await refused(algorithm(image()), invalid, { ...login, username: 'nobody' }, w.stranger)
  })

  test('runs by its digest, with "auth"', async () => {
    const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64')
    assert.match(await runs(algorithm(image(), { checksum: digest }), { auth }, w.stranger), /it ran/)
  })

  test('runs for everybody where the operator has a login', async () => {
    assert.match(await runs(algorithm(`${operators.address}/one`)), /it ran/)
    await refused(algorithm(`${operators.address}/one`, { tag: 'none' }), invalid)
  })

  test('is quoted only with its login', async () => {
    const quote = (auth?: unknown): Promise<unknown> => ProviderInstance.initializeCompute([fileInput(input.object)],
      algorithm(`${theirs.address}/two`), e.id, w.compute.token(e), 60, w.url, w.consumer.address, smallest(e.resources), CHAIN,
      undefined, undefined, undefined, auth as never)
    await assert.rejects(quote(), invalid)
    await quote(login)
  })

  test('waits in the queue over a kill -9, and the login is nowhere to be read', async () => {
    const sleeper = await start(algorithm(`${operators.address}/one`, {}, 'sleep 300'))
    const { jobId } = await start(algorithm(`${theirs.address}/two`), login, w.stranger, 600)
    assert.equal((await w.compute.status(jobId, w.stranger)).statusName, 'JobQueued')
    w.node.kill('SIGKILL')
    await w.node.end()
    const store = join(w.dir, 'node')
    for (const file of readdirSync(store).filter((f) => f.includes('.sqlite'))) {
      assert.ok(!readFileSync(join(store, file)).includes(login.password), `${file} holds the password`)
    }
    await w.startNode()
    await ProviderInstance.computeStop(sleeper.jobId, w.url, w.consumer)
    const job = await w.compute.end(jobId, w.stranger)
    assert.equal(job.terminationDetails?.exitCode, 0, `${job.statusName} ${job.statusReason}`)
    await w.compute.end(sleeper.jobId, w.consumer)
  })
})

describe('a login that is none', () => {
  const sealed = (text: string): string => Buffer.from(encrypt(nodeKey, Buffer.from(text))).toString('hex')
  const cases: Array<[string, () => string, RegExp]> = [
    ['that is no hex', () => 'a login', /failed to decrypt/],
    ['for another node', () => sealed('{}').replace(/.{8}$/, '00000000'), /failed to decrypt/],
    ['that is no JSON', () => sealed('user:password'), /failed to parse JSON - ./],
    ['without a password', () => sealed('{"username":"tester"}'),
      /Either 'auth' must be provided, or both 'username' and 'password' must be provided/]
  ]
  for (const [name, auth, text] of cases) {
    test(name, async () => {
      const body = {
        datasets: [fileInput(input.object)], algorithm: algorithm(`${theirs.address}/one`), environment: e.id,
        consumerAddress: w.consumer.address, payment: { chainId: CHAIN, token: w.compute.token(e) }, encryptedDockerRegistryAuth: auth()
      }
      const r = await post(`${w.url}/api/services/initializeCompute`, body)
      assert.equal(r.status, 400, r.text)
      assert.match(r.text, /^Invalid encryptedDockerRegistryAuth/)
      assert.match(r.text, text)
    })
  }
})

describe('an image for other machines', () => {
  test('is refused, alone and in a list', async () => {
    const arm = await operators.push('arm', '1', 'arm64')
    await operators.pushList('arm', 'list', [[arm, 'arm64']])
    await refused(algorithm(`${operators.address}/arm`), /Platform mismatch: image is arm64\/linux, but environment requires/)
    await refused(algorithm(`${operators.address}/arm`, { tag: 'list' }), /Platform mismatch/)
  })

  test('is one of a list that has ours', async () => {
    const [arm, own] = [await operators.push('both', 'arm', 'arm64'), await operators.push('both', 'own')]
    await operators.pushList('both', '1', [[arm, 'arm64'], [own, process.arch === 'arm64' ? 'arm64' : 'amd64']])
    assert.match(await runs(algorithm(`${operators.address}/both`)), /it ran/)
  })
})

test('what no image is: an id, a Dockerfile, nothing', async () => {
  await refused(algorithm('sha256', { tag: '0'.repeat(64) }), /is an image's id, not its name/)
  await refused(algorithm(`${theirs.address}/one`, { dockerfile: 'FROM scratch' }), /Building image is not allowed for free jobs/)
  await refused(algorithm(''), /names no image/)
})
