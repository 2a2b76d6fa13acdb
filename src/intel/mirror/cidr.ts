import { ADDRESS_BITS, bitAt, readAddress, type AddressFamily } from './address-bits.ts'
import type { IsDead } from './key-table.ts'

/**
 * Networks of one family: a binary trie in typed arrays, 12 bytes a node, at most one node a prefix bit. As in the key
 * table, entries die by their ordinal and a rebuild drops them, with the nodes only they needed.
 */
export interface NetworkTrie {
  /** `203.0.113.0/24`; false when the text is no network of this family. Host bits are ignored. */
  add(network: string, ordinal: number): boolean
  /** Calls `visit` with the ordinals of every network that covers the address, widest first. */
  covering(address: string, visit: (ordinal: number) => void): void
  /** The same for an address as `readAddress` writes it. */
  coveringGroups(groups: Uint16Array, visit: (ordinal: number) => void): void
  rebuild(): void
}

const MIN_NODES = 256
/** Node 0 and entry 0 stand for «none». */
const NONE = 0

interface Nodes {
  /** Two children a node. */
  children: Uint32Array
  /** First entry of a node. */
  heads: Uint32Array
  nodeCount: number
  ordinals: Uint32Array
  /** Next entry of the same node. */
  nexts: Uint32Array
  entryCount: number
}

function createNodes(): Nodes {
  return {
    children: new Uint32Array(2 * MIN_NODES),
    heads: new Uint32Array(MIN_NODES),
    nodeCount: 1,
    ordinals: new Uint32Array(MIN_NODES),
    nexts: new Uint32Array(MIN_NODES),
    entryCount: 1,
  }
}

export function createNetworkTrie(family: AddressFamily, isDead: IsDead): NetworkTrie {
  const groups = new Uint16Array(8)
  const width = ADDRESS_BITS[family]
  let nodes = createNodes()
  let root = newNode(nodes)

  function walk(address: Uint16Array, visit: (ordinal: number) => void): void {
    let node = root
    for (let bit = 0; node !== NONE; bit++) {
      for (let entry = nodes.heads[node] ?? NONE; entry !== NONE; entry = nodes.nexts[entry] ?? NONE) {
        visit(nodes.ordinals[entry] ?? 0)
      }
      if (bit === width) return
      node = nodes.children[2 * node + bitAt(address, bit)] ?? NONE
    }
  }

  return {
    add: (network, ordinal) => {
      const slash = network.indexOf('/')
      const length = network.slice(slash + 1)
      const bits = /^\d{1,3}$/.test(length) ? Number(length) : Infinity
      if (slash < 0 || bits > width) return false
      if (!readAddress(family, network.slice(0, slash), groups)) return false
      addEntry(nodes, pathTo({ nodes, root, groups, bits }), ordinal)
      return true
    },
    covering: (address, visit) => {
      if (nodes.entryCount > 1 && readAddress(family, address, groups)) walk(groups, visit)
    },
    coveringGroups: (address, visit) => {
      if (nodes.entryCount > 1) walk(address, visit)
    },
    rebuild: () => {
      const fresh = createNodes()
      const copied = copyLive({ from: nodes, to: fresh, isDead }, root)
      root = copied === NONE ? newNode(fresh) : copied
      nodes = fresh
    },
  }
}

interface Path {
  readonly nodes: Nodes
  readonly root: number
  readonly groups: Uint16Array
  readonly bits: number
}

/** The node of a prefix, made with all nodes on the way when missing. */
function pathTo({ nodes, root, groups, bits }: Path): number {
  let node = root
  for (let bit = 0; bit < bits; bit++) {
    const link = 2 * node + bitAt(groups, bit)
    let child = nodes.children[link] ?? NONE
    if (child === NONE) {
      child = newNode(nodes)
      nodes.children[link] = child
    }
    node = child
  }
  return node
}

interface Copy {
  readonly from: Nodes
  readonly to: Nodes
  readonly isDead: IsDead
}

/** Copies the subtree below a node without dead entries and empty branches; NONE when nothing is left of it. */
function copyLive(copy: Copy, node: number): number {
  if (node === NONE) return NONE
  const { from, to, isDead } = copy
  const left = copyLive(copy, from.children[2 * node] ?? NONE)
  const right = copyLive(copy, from.children[2 * node + 1] ?? NONE)
  let copied = NONE
  for (let entry = from.heads[node] ?? NONE; entry !== NONE; entry = from.nexts[entry] ?? NONE) {
    const ordinal = from.ordinals[entry] ?? 0
    if (isDead(ordinal)) continue
    if (copied === NONE) copied = newNode(to)
    addEntry(to, copied, ordinal)
  }
  if (copied === NONE && left === NONE && right === NONE) return NONE
  if (copied === NONE) copied = newNode(to)
  to.children[2 * copied] = left
  to.children[2 * copied + 1] = right
  return copied
}

function newNode(nodes: Nodes): number {
  if (nodes.nodeCount === nodes.heads.length) {
    nodes.children = doubled(nodes.children)
    nodes.heads = doubled(nodes.heads)
  }
  return nodes.nodeCount++
}

function addEntry(nodes: Nodes, node: number, ordinal: number): void {
  if (nodes.entryCount === nodes.ordinals.length) {
    nodes.ordinals = doubled(nodes.ordinals)
    nodes.nexts = doubled(nodes.nexts)
  }
  const entry = nodes.entryCount++
  nodes.ordinals[entry] = ordinal
  nodes.nexts[entry] = nodes.heads[node] ?? NONE
  nodes.heads[node] = entry
}

function doubled(array: Uint32Array): Uint32Array {
  const grown = new Uint32Array(2 * array.length)
  grown.set(array)
  return grown
}
