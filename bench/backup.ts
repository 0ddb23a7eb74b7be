// SPDX-License-Identifier: Apache-2.0
// A volume of a gigabyte that does not compress, to one and to two backup servers on loopback and back; against plain restic over the
// same SFTP, fed by the same archive of Docker.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Services } from '../test/api/lib/services.ts'
import { BackupHost } from '../test/api/lib/sshd.ts'
import { socketPath } from '../test/api/lib/docker.ts'
import { until } from '../test/api/lib/process.ts'
import type { Figure } from './run.ts'

const bytes = 1_000_000_000
const servers = '/marketplace/api/admin/backup-servers'
const rate = (ms: number): string => `${(ms / 1000).toFixed(1)} s, ${(bytes / 1048576 / (ms / 1000)).toFixed(0)} MiB/s`

export async function benchBackup(): Promise<Figure[]> {
  const [one, two] = await Promise.all([BackupHost.start('one', { ordinary: true }), BackupHost.start('two', { ordinary: true })])
  const s = await Services.begin({ BACKUP_SCHEDULE: 'none', NODE_BACKUP_SCHEDULE: 'none', BACKUP_TEST_DAYS: '0', BACKUP_CHECK_DAYS: '0' },
    [{ more: '[[backup]]\nvolume = "data"\n' }])
  try {
    const alice = await s.customer('alice')
    const key = (await s.operator.read(servers)).publicKey as string
    for (const h of [one, two]) { h.prepare(key); await h.up() }
    const id = await alice.running('large')
    const path = `/marketplace/api/deployments/${id}/backups`
    // by the engine, as the container's share of a core would need minutes for it
    const box = `http://d/v1.41/containers/atoll-s-${id.slice(0, 8)}-web/archive`
    execFileSync('bash', ['-ec', `head -c ${bytes} /dev/urandom > content; tar c content | curl -sf --unix-socket ${socketPath} -X PUT -H 'Content-Type: application/x-tar' -T - '${box}?path=/data'; rm content`], { cwd: s.w.dir })
    const timed = async (what: string): Promise<number> => {
      const begin = Date.now()
      await alice.session.tell(what)
      const v = await until('the end of it', async () => { const x = await alice.session.read(path); return x.running ? null : x }, 900_000, 100)
      if (v.alerts.length) throw new Error(JSON.stringify(v.alerts))
      return Date.now() - begin
    }

    const dir = join(s.w.dir, 'node/backup/servers/plain')
    const env = { ...process.env, RESTIC_PASSWORD: 'bench' }
    execFileSync('mkdir', ['-p', dir])
    writeFileSync(join(dir, 'ssh_config'), `Host *\n HostName 127.0.0.1\n Port ${one.port}\n User ${one.user}\n IdentityFile ../../id_ed25519\n IdentitiesOnly yes\n UserKnownHostsFile known\n StrictHostKeyChecking accept-new\n`)
    const restic = `restic -r sftp:x:${one.path}/plain -o "sftp.command=ssh -F ssh_config -s x sftp" --no-cache`
    const sh = (line: string): number => {
      const begin = Date.now()
      execFileSync('bash', ['-o', 'pipefail', '-ec', line], { cwd: dir, env, stdio: ['ignore', 'ignore', 'pipe'] })
      return Date.now() - begin
    }
    sh(`${restic} init`)
    const archive = `curl -sf --unix-socket ${socketPath} '${box}?path=/data/.'`
    const plain = sh(`${archive} | ${restic} backup --stdin`)
    const plainBack = sh(`${restic} dump latest /stdin > /dev/null`)

    await s.operator.tell(servers, one.as('one'))
    const first = await timed(path)
    const test = await timed(`${path}/latest/verify`)
    const back = await timed(`${path}/latest/restore`)
    await s.operator.del(`${servers}/one`)
    await s.operator.tell(servers, { ...one.as('one'), path: `${one.path}/again` })
    await s.operator.tell(servers, two.as('two'))
    const both = await timed(path)
    const again = await timed(path)
    return [
      { name: 'backup of 1 GB to one server', value: rate(first), floor: `restic alone ${rate(plain)}`, goal: '0.9 of the floor' },
      { name: '… to two servers at a time', value: rate(both), floor: '', goal: '' },
      { name: '… again, unchanged', value: rate(again), floor: '', goal: '' },
      { name: 'restore test of 1 GB', value: rate(test), floor: `restic dump ${rate(plainBack)}`, goal: '0.9 of the floor' },
      { name: 'restore of 1 GB, containers changed over', value: rate(back), floor: `restic dump ${rate(plainBack)}`, goal: '' }
    ]
  } finally {
    await s.stop()
    await one.stop()
    await two.stop()
  }
}
