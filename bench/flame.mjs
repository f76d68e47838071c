// SPDX-License-Identifier: Apache-2.0
// A flame graph from `perf script -F comm,ip,sym,dso`: standard input to SVG on
// standard output. Width is samples, depth is calls, the lowest row the program.
// Every frame's share stands in its title, which browsers show on pointing at it.
import { createInterface } from 'node:readline'

const WIDTH = 1200
const ROW = 17
const NARROWEST = 0.6 // px; thinner frames are left out

const root = { name: 'all', n: 0, kids: new Map() }
const add = (stack) => {
  let at = root
  at.n++
  for (const name of stack) {
    let kid = at.kids.get(name)
    if (!kid) at.kids.set(name, (kid = { name, n: 0, kids: new Map() }))
    kid.n++
    at = kid
  }
}

let comm = ''
let frames = []
const flush = () => {
  if (comm) add([comm, ...frames.reverse()])
  comm = ''
  frames = []
}
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === '') flush()
  else if (!/^\s/.test(line)) comm = line.trim()
  else {
    const [, symbol, dso] = /^\s*[0-9a-f]+\s+(.*?)\s+\((.*)\)$/.exec(line) ?? []
    if (symbol === undefined) continue
    const place = dso.split('/').pop()
    // one frame for what has no name: the library says enough
    const name = symbol.startsWith('[unknown]') ? place : symbol
    if (name !== frames.at(-1)) frames.push(name)
  }
}
flush()
if (root.n === 0) {
  console.error('flame: no samples on standard input')
  process.exit(1)
}

const text = (s) => s.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)
const hue = (s) => [...s].reduce((h, c) => (h * 31 + c.charCodeAt(0)) % 40, 7)
const rects = []
let depth = 0
const draw = (node, x, row) => {
  const w = (node.n / root.n) * WIDTH
  if (w < NARROWEST) return
  depth = Math.max(depth, row)
  rects.push({ node, x, w, row })
  for (const kid of [...node.kids.values()].sort((a, b) => b.n - a.n)) {
    draw(kid, x, row + 1)
    x += (kid.n / root.n) * WIDTH
  }
}
draw(root, 0, 0)

const height = (depth + 1) * ROW
console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="11">`)
for (const { node, x, w, row } of rects) {
  const y = height - (row + 1) * ROW
  const share = ((node.n / root.n) * 100).toFixed(1)
  const room = Math.floor((w - 4) / 6.7)
  const label = room < 3 ? '' : node.name.length > room ? node.name.slice(0, room - 1) + '…' : node.name
  console.log(
    `<g><title>${text(node.name)}: ${share} %</title>` +
      `<rect x="${x.toFixed(1)}" y="${y}" width="${w.toFixed(1)}" height="${ROW - 1}" fill="hsl(${hue(node.name)},85%,68%)"/>` +
      (label ? `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${text(label)}</text>` : '') +
      '</g>'
  )
}
console.log('</svg>')
