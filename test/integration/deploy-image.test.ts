import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { DOCKERFILE, inContext, parseDockerfile, type Image, type Stage } from '../support/dockerfile.ts'

const DIGEST = /@sha256:[0-9a-f]{64}$/
const LABELS = ['title', 'description', 'licenses', 'version', 'revision']

/** What must hold, and what is wrong with an image where it does not. */
const RULES: Readonly<Record<string, (image: Image, last: Stage) => readonly string[]>> = {
  'every stage starts from the base that is given as argument, by digest': ({ args, stages }) => [
    ...stages.filter(({ base }) => base !== '${BASE}').map(({ base }) => base),
    ...(DIGEST.test(args['BASE'] ?? '') ? [] : [`BASE=${args['BASE']}`]),
  ],
  'it runs as a user with a number, not as root, from the last stage on': (_, { steps }) => {
    const user = steps.findLastIndex(({ name }) => name === 'USER')
    const behind = steps.slice(user + 1).filter(({ name }) => ['RUN', 'COPY', 'ADD', 'USER'].includes(name))
    return [
      ...(/^[1-9]\d*:[1-9]\d*$/.test(steps[user]?.text ?? '') ? [] : [steps[user]?.text ?? 'no user']),
      ...behind.map(({ text }) => text),
    ]
  },
  'the last stage installs nothing and compiles nothing': (_, { steps }) =>
    steps
      .filter(({ name, text }) => name === 'RUN' && /\b(apt|g\+\+|make|npm (i|ci|run))\b/.test(text))
      .map(textOf),
  'packages of the system come without recommended ones, and without their lists': ({ stages }) =>
    stages
      .flatMap(({ steps }) => steps)
      .filter(({ text }) => /apt-get.* install /.test(text))
      .filter(({ text }) => !/--no-install-recommends.*rm -rf \/var\/lib\/apt\/lists/.test(text))
      .map(textOf),
  'nothing is fetched past npm and apt': ({ stages }) =>
    stages
      .flatMap(({ steps }) => steps)
      .filter(({ name, text }) => name === 'ADD' || /\b(curl|wget)\b/.test(text))
      .map(textOf),
  'npm installs what the lockfile says': ({ stages }) =>
    stages
      .flatMap(({ steps }) => steps)
      .filter(({ text }) => /\bnpm (i|install|update)\b/.test(text))
      .map(textOf),
  'no argument and no variable is a secret': ({ stages }) =>
    stages
      .flatMap(({ steps }) => steps)
      .filter(({ name, text }) => ['ARG', 'ENV'].includes(name) && /key|token|secret|password/i.test(text))
      .map(textOf),
  'it has a healthcheck and starts without a shell': (_, { steps }) =>
    ['HEALTHCHECK', 'ENTRYPOINT', 'CMD'].filter(
      (name) => !/(^|CMD )\["/.test(steps.find((step) => step.name === name)?.text ?? ''),
    ),
  'it has the labels of the OCI': (_, { steps }) => {
    const text = steps.find(({ name }) => name === 'LABEL')?.text ?? ''
    return LABELS.filter((label) => !text.includes(`org.opencontainers.image.${label}=`))
  },
  'what is copied is there, in the context or in an earlier stage': ({ stages }) =>
    stages.flatMap(({ steps }, index) =>
      steps
        .filter(({ name }) => name === 'COPY')
        .flatMap(({ flags: { from }, words }) =>
          from === undefined
            ? words.slice(0, -1).filter((path) => !existsSync(path) || !inContext(path))
            : stages.slice(0, index).some(({ name }) => name === from)
              ? []
              : [from],
        ),
    ),
}

function textOf({ text }: { readonly text: string }): string {
  return text
}

function broken(text: string): Readonly<Record<string, readonly string[]>> {
  const image = parseDockerfile(text)
  const last = image.stages.at(-1)
  if (last === undefined) throw new Error('no stage')
  const all = Object.entries(RULES).map(([rule, check]) => [rule, check(image, last)] as const)
  return Object.fromEntries(all.filter(([, wrong]) => wrong.length > 0))
}

const TEXT = readFileSync(DOCKERFILE, 'utf8')

describe('the Dockerfile', () => {
  it('keeps to all rules', () => {
    expect(parseDockerfile().stages.map(({ name }) => name)).toEqual(['packages', 'build', ''])
    expect(broken(TEXT)).toEqual({})
  })

  /** Each change breaks one rule, so that none of them holds by accident. */
  const CHANGES: readonly (readonly [string, string])[] = [
    [/@sha256:\w+/.exec(TEXT)?.[0] ?? '', ''],
    ['USER 10001:10001', 'USER root'],
    ['ENV NODE_ENV=production', 'RUN apt-get update'],
    [' --no-install-recommends', ''],
    ['COPY src src', 'COPY src src\nADD https://example.org/a.tgz /'],
    ['RUN npm ci --omit=dev', 'RUN npm install --omit=dev'],
    ['ARG REVISION=unknown', 'ARG MISP_KEY=unknown'],
    ['CMD ["run"]', 'CMD run'],
    ['image.licenses', 'image.license'],
    ['COPY src src', 'COPY test test'],
  ]

  it('has a rule for each thing that can go wrong', () => {
    const found = CHANGES.map(([from, to]) => {
      expect(TEXT).toContain(from)
      return Object.keys(broken(TEXT.replace(from, to)))
    })
    expect(new Set(found.flat())).toEqual(new Set(Object.keys(RULES)))
    expect(found.filter((rules) => rules.length === 0)).toEqual([])
  })

  it('is of this version', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(TEXT).toContain(`ARG VERSION=${version}\n`)
  })
})

describe('.dockerignore', () => {
  it('lets nothing through but what the image is made of', () => {
    const out = [
      '.git/config',
      'node_modules/zod/index.js',
      '.env',
      'deploy/secrets/misp.key',
      'state/x',
      'a.pem',
    ]
    expect(out.filter((path) => inContext(path))).toEqual([])
    expect(inContext('src/core/clock.ts')).toBe(true)
    expect(inContext('src/core/clock.test.ts')).toBe(false)
  })
})

async function health(url: string): Promise<number | null> {
  const child = spawn(process.execPath, ['deploy/docker/healthcheck.mjs'], {
    env: { ...process.env, TRIPLINE_HEALTH_URL: url },
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return code
}

describe('the healthcheck', () => {
  it('passes on 200 of /healthz, and on nothing else', async () => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/healthz' ? 200 : 503).end()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await health(`${base}/healthz`)).toBe(0)
    expect(await health(`${base}/other`)).toBe(1)
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    expect(await health(`${base}/healthz`)).toBe(1)
  })
})
