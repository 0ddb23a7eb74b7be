// SPDX-License-Identifier: Apache-2.0
// How the errors of buckets are provoked.
import type { Args } from './api.ts'
import type { Provocation, Table } from './provoke.ts'
import type { Stage } from './stage.ts'

const unknown = '11111111-1111-4111-8111-111111111111'
type Nobody = (s: Stage, args: Args) => Record<string, Provocation>

export function inBuckets(s: Stage, nobody: Nobody): Table {
  const { own, full, foreign } = s.bucket
  const command = (name: string, right: Args, more: (signed: (args: Args) => () => Promise<Args>) => Record<string, Provocation>): Table => {
    const full = `persistentStorage${name}`
    const signed = (args: Args) => async (): Promise<Args> => ({ ...right, ...await s.signed(full), ...args })
    return { [full]: { ...nobody(s, right), BUCKETS_OFF: { args: signed({}), bare: true }, ...more(signed) } }
  }
  const use = (signed: (args: Args) => () => Promise<Args>): Record<string, Provocation> => ({
    BUCKET_ID_TYPE: { args: { bucketId: 5 } },
    BUCKET_ID: { args: signed({ bucketId: 'x' }) }, BUCKET_UNKNOWN: { args: signed({ bucketId: unknown }), says: [unknown] },
    BUCKET_DENIED: { args: signed({ bucketId: foreign }) },
    BUCKET_NAME: { args: signed({ fileName: 'a\\b' }) }, BUCKET_FILE_GONE: { args: signed({ fileName: 'none' }), says: ['none'] },
    BUCKET_FILE: { args: signed({ fileName: 'none' }), says: ['none'] }
  })
  const label = (right: Args, signed: (args: Args) => () => Promise<Args>): Record<string, Provocation> => ({
    BUCKET_LABEL: { args: { ...right, label: 5 } }, BUCKET_LABEL_LONG: { args: signed({ label: 'x'.repeat(257) }), says: [256] }
  })
  const file = { bucketId: own, fileName: 'there' }
  const create = { accessLists: [] }
  return {
    ...command('CreateBucket', create, (signed) => ({
      ...label(create, signed), BUCKET_LISTS: { args: { accessLists: {} } },
      BUCKET_LISTS_MANY: { args: signed({ accessLists: Array(65).fill({}) }), says: [64] },
      BUCKET_CONSUMER: { args: { ...create, consumerAddress: 'x' }, token: s.token }, BUCKET_COUNT: { args: signed({}), says: [2] }
    })),
    ...command('UpdateBucket', { bucketId: own }, (signed) => ({
      ...use(signed), ...label({ bucketId: own }, signed), BUCKET_GONE: { args: signed({ bucketId: unknown }), says: [unknown] }
    })),
    ...command('GetBuckets', { owner: s.w.consumer.address }, (signed) => ({
      BUCKET_OWNER_TYPE: { args: { owner: '' } }, BUCKET_OWNER: { args: signed({ owner: 'x' }) }
    })),
    ...command('ListFiles', { bucketId: own }, use),
    ...command('GetFileObject', file, use), ...command('DownloadFile', file, use), ...command('DeleteFile', file, use),
    ...command('UploadFile', file, (signed) => ({
      ...use(signed), BUCKET_STREAM: { args: signed({}) }, BUCKET_FILE_LARGE: { args: signed({}), raw: 'x'.repeat(101), says: [100] },
      BUCKET_FULL: { args: signed({ bucketId: full, fileName: 'small' }), raw: 'x'.repeat(60), says: [150] },
      BUCKET_FILES: { args: signed({ bucketId: full, fileName: 'third' }), raw: 'x', says: [2] }
    }))
  }
}

const object = (bucketId: string, fileName: string): Args => ({ type: 'nodePersistentStorage', bucketId, fileName })

export function inFileInfo(s: Stage): Record<string, Provocation> {
  const of = (bucketId: string, fileName: string): Args => ({ ...object(bucketId, fileName), file: object(bucketId, fileName), consumerAddress: s.w.consumer.address })
  return {
    BUCKET_ID: { args: of('x', 'y') }, BUCKET_UNKNOWN: { args: of(unknown, 'y'), says: [unknown] },
    BUCKET_DENIED: { args: of(s.bucket.foreign, 'y') }, BUCKET_NAME: { args: of(s.bucket.own, '..') },
    BUCKET_FILE: { args: of(s.bucket.own, 'none'), says: ['none'] }
  }
}

export function inJobs(s: Stage, how: (args: Args) => () => Promise<Args>): Record<string, Provocation> {
  const of = (bucketId: string, fileName: string): Args => ({ datasets: [{ fileObject: object(bucketId, fileName) }] })
  return {
    COMPUTE_BUCKET_ID: { args: how({ datasets: [{ fileObject: { type: 'nodePersistentStorage' } }] }) },
    COMPUTE_OUTPUT_BUCKET_ID: { args: how({ outputBucketId: 'x' }) },
    BUCKET_DENIED: { args: how(of(s.bucket.foreign, 'x')) }, BUCKET_NAME: { args: how(of(s.bucket.own, '..')) },
    BUCKET_FILE_GONE: { args: how(of(s.bucket.own, 'none')), says: ['none'] }
  }
}

export const bucketsExempt: Record<string, string> = {
  '* BUCKET_DISK': 'unit test buckets has a disk that is full', '* BUCKET_CREATE_DENIED': 'buckets.test.ts has a node with such lists',
  '* COMPUTE_BUCKETS': 'bucket_jobs.test.ts has a node without buckets', '* COMPUTE_OUTPUT_BUCKET': 'bucket_jobs.test.ts has a node without buckets'
}
