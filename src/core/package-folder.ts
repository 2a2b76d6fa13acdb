import { existsSync } from 'node:fs'

/**
 * The folder that Tripline lies in, with a slash at its end: the nearest one above this file that holds a `package.json`. So it is the
 * same one for the sources and for what is built of them, which lies less deep. Its `dist` holds what was built.
 */
export const PACKAGE_FOLDER: URL = nearestWithManifest(new URL('.', import.meta.url))

function nearestWithManifest(folder: URL): URL {
  if (existsSync(new URL('package.json', folder))) return folder
  const above = new URL('..', folder)
  if (above.href === folder.href) throw new Error('There is no package.json above the files of Tripline')
  return nearestWithManifest(above)
}
