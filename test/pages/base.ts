import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { copyCheckout, npm, ran } from '../install/checkout.ts'

/** What all pages share; made once. */
export interface Base {
  readonly folder: string
  /** Where npm puts packages for all. */
  readonly modules: string
  readonly networks: readonly Network[]
}

/** In which the servers are that pages name; for one page at a time. */
export interface Network {
  readonly servers: ChildProcess
  /** A file with their keys. */
  readonly keys: string
}

const NAMES = [
  'misp.example.net',
  'opencti.example.net',
  'opencti.example.org',
  'tripline.example.net',
  'indexer',
]

/** False, and said aloud, where there are no rights for it. */
export function canHaveMachines(): boolean {
  const script =
    'mount -t tmpfs tmpfs /mnt && mkdir /mnt/a /mnt/b && mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/a,workdir=/mnt/b /etc'
  const args = ['--mount', '--net', '--pid', '--fork', '--mount-proc', 'sh', '-c', script]
  if (spawnSync('unshare', args, { stdio: 'ignore' }).status === 0) return true
  process.stderr.write(
    'SKIPPED: namespaces or overlays are not to be had, the blocks of the pages are not run\n',
  )
  return false
}

export async function makeBase(folder: string, networks: number): Promise<Base> {
  chmodSync(folder, 0o755)
  const src = join(folder, 'src')
  copyCheckout(src)
  const author = ['-c', 'user.name=pages', '-c', 'user.email=pages@example.org']
  ran('git', ['init', '--quiet', '--initial-branch=main'], src)
  ran('git', ['add', '--all'], src)
  ran('git', [...author, 'commit', '--quiet', '--message=All'], src)
  npm(src, 'ci')
  mkdirSync(join(folder, 'out'))
  npm(src, 'pack', '--pack-destination', join(folder, 'out'))
  const [tarball = ''] = readdirSync(join(folder, 'out'))
  npm(folder, 'install', '--global', '--prefix', join(folder, 'usr'), join(folder, 'out', tarball))
  certificate(join(folder, 'tls'))
  const starts = Array.from({ length: networks }, (_, index) => startServers(folder, index))
  const modules = ran('npm', ['root', '--global'], folder).trim()
  return { folder, modules, networks: await Promise.all(starts) }
}

function certificate(folder: string): void {
  mkdirSync(folder)
  const names = [...NAMES.map((name) => `DNS:${name}`), 'IP:127.0.0.1', 'IP:192.0.2.10'].join(',')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem']
  ran(
    'openssl',
    [
      'req',
      '-x509',
      ...key,
      '-out',
      'cert.pem',
      '-days',
      '2',
      '-subj',
      '/CN=pages',
      '-addext',
      `subjectAltName=${names}`,
    ],
    folder,
  )
  chmodSync(join(folder, 'key.pem'), 0o644)
}

async function startServers(folder: string, index: number): Promise<Network> {
  const keys = join(folder, `servers-${index}.json`)
  const script =
    'ip link set lo up; ip address add 192.0.2.10/32 dev lo; exec node --import tsx test/pages/servers.ts "$@"'
  const args = ['--net', 'sh', '-ec', script, 'sh', join(folder, 'tls'), keys]
  const servers = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const text of servers.stdout) if (String(text).includes('ready')) return { servers, keys }
  throw new Error('the servers of the pages ended')
}
