/** From 6.1 on it needs a login, so that it also tells whether the token is any good. */
export const ABOUT = `
  query About { about { version } me { name user_email capabilities { name } } }`

/** Live streams that this user may see. */
export const STREAMS = `
  query Streams { streamCollections(first: 500) { edges { node { id name stream_live } } } }`
