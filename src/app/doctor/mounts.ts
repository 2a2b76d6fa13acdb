import { realpath } from 'node:fs/promises'
import { readTextFile } from '../../config/files.ts'

export interface Mount {
  readonly point: string
  /** As the kernel names it: `ext4`, `nfs4`, `overlay` … */
  readonly type: string
}

const MAX_BYTES = 4 * 1024 ** 2

/** File systems that lie on another machine. */
const NETWORK =
  /^(?:nfs\d?|cifs|smb\d?|9p|ceph|afs|lustre|glusterfs|gfs2|ocfs2|fuse\.(?:sshfs|glusterfs|ceph|s3fs|rclone))$/

export function isNetwork({ type }: Mount): boolean {
  return NETWORK.test(type)
}

/** Where a path that is there is mounted from (proc_pid_mountinfo(5)); undefined where the system does not tell. */
export async function mountOf(path: string, table = '/proc/self/mountinfo'): Promise<Mount | undefined> {
  const text = await readTextFile(table, MAX_BYTES).catch(() => '')
  const real = await realpath(path).catch(() => path)
  return mountIn(text, real)
}

/** The longest mount point that leads to the path; of several at one point the last, which lies on top. */
export function mountIn(table: string, path: string): Mount | undefined {
  let best: Mount | undefined
  for (const line of table.split('\n')) {
    const [left = '', right = ''] = line.split(' - ')
    const point = unescaped(left.split(' ')[4] ?? '')
    const type = right.split(' ')[0] ?? ''
    if (point === '' || type === '') continue
    const leads = path === point || path.startsWith(point === '/' ? '/' : `${point}/`)
    if (leads && point.length >= (best?.point.length ?? 0)) best = { point, type }
  }
  return best
}

/** Blanks, tabs, line ends and backslashes are three octal digits there. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
