// SPDX-License-Identifier: Apache-2.0
// An S3 service on localhost: s3rver from npm, in the maintained fork that checks version 4 signatures (the original lets
// any pass). It is one process with the test, keeps its objects in a folder and knows virtual hosts and multipart uploads.
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'

const S3rver = createRequire(import.meta.url)('@20minutes/s3rver')
const S3Object = createRequire(import.meta.url)('@20minutes/s3rver/lib/models/object')

export interface S3File {
  type: string
  s3Access: {
    endpoint: string; bucket: string; objectKey: string; accessKeyId: string; secretAccessKey: string
    region?: string; forcePathStyle?: boolean
  }
}

export class S3Server {
  private readonly server: any
  private port = 0

  /** lenient: any signature will do, for virtual hosts, where s3rver puts the bucket into the path that is signed; S3 does not. */
  constructor(dir: string, lenient = false, private readonly bucket = 'test-bucket') {
    this.server = new S3rver({
      address: '127.0.0.1', port: 0, silent: true, directory: dir, allowMismatchedSignatures: lenient, serviceEndpoint: 'localhost',
      configureBuckets: [{ name: bucket, configs: [] }]
    })
  }

  async start(): Promise<this> {
    this.port = (await this.server.run()).port
    return this
  }

  async stop(): Promise<void> {
    await this.server.close()
  }

  /** The file object of a key; a host name has the bucket in front of it unless the path is asked for. */
  object(key: string, over: Partial<S3File['s3Access']> = {}): S3File {
    return {
      type: 's3',
      s3Access: {
        endpoint: `http://127.0.0.1:${this.port}`, bucket: this.bucket, objectKey: key,
        accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER', ...over
      }
    }
  }

  get virtualHost(): string {
    return `http://s3.localhost:${this.port}`
  }

  async put(key: string, bytes: Buffer, type = 'application/octet-stream'): Promise<void> {
    await this.server.store.putObject(new S3Object(this.bucket, key, Readable.from([bytes]), { 'content-type': type }))
  }

  /** The bytes of an object, undefined when there is none. */
  async get(key: string): Promise<Buffer | undefined> {
    const found = await this.server.store.getObject(this.bucket, key)
    if (!found) return undefined
    const parts: Buffer[] = []
    for await (const part of found.content) parts.push(Buffer.from(part))
    return Buffer.concat(parts)
  }
}
