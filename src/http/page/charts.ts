import { byId } from './dom.ts'
import { bytes, decimal, duration, time } from './format.ts'
import { uPlot } from './uplot.ts'
import type { Point } from './wire.ts'

interface ChartSpec {
  readonly id: string
  readonly colour: string
  readonly of: (point: Point) => number
  /** The last value in words, for those who do not see the chart. */
  readonly now: (point: Point) => string
}

const CHARTS: readonly ChartSpec[] = [
  {
    id: 'rate',
    colour: '--rate',
    of: ({ alertsPerMinute }) => alertsPerMinute,
    now: ({ alertsPerMinute }) => decimal(alertsPerMinute),
  },
  {
    id: 'match',
    colour: '--matches',
    of: ({ matchesPerMinute }) => matchesPerMinute,
    now: ({ matchesPerMinute }) => decimal(matchesPerMinute),
  },
  {
    id: 'lag',
    colour: '--lag',
    of: ({ lagSeconds }) => lagSeconds,
    now: ({ lagSeconds, lagBytes }) => `${duration(lagSeconds)}, ${bytes(lagBytes)} to read`,
  },
]

/** An hour at a point every 5 s. */
const MAX_POINTS = 720
const HEIGHT = 160

export interface Charts {
  /** Replaces all points. */
  set(points: readonly Point[]): void
  add(point: Point): void
  /** Colours have changed. */
  redraw(): void
}

export function createCharts(): Charts {
  let points: readonly Point[] = []
  let drawn: readonly { readonly spec: ChartSpec; readonly plot: uPlot }[] = []
  const show = (): void => {
    for (const { spec, plot } of drawn) plot.setData(dataOf(points, spec))
    const last = points.at(-1)
    for (const { id, now } of CHARTS) byId(`${id}-now`).textContent = last === undefined ? '' : now(last)
  }
  const redraw = (): void => {
    for (const { plot } of drawn) plot.destroy()
    drawn = CHARTS.map((spec) => ({ spec, plot: draw(spec) }))
    show()
  }
  const observer = new ResizeObserver(() => {
    for (const { spec, plot } of drawn)
      plot.setSize({ width: byId(`${spec.id}-chart`).clientWidth, height: HEIGHT })
  })
  for (const { id } of CHARTS) observer.observe(byId(`${id}-chart`))
  return {
    set: (all) => {
      points = all
      show()
    },
    add: (point) => {
      points = [...points, point].slice(-MAX_POINTS)
      show()
    },
    redraw,
  }
}

/** Without points the axis begins at 0. */
function clock(seconds: number): string {
  return seconds < 1e6 ? '' : time(seconds * 1000)
}

function dataOf(points: readonly Point[], spec: ChartSpec): uPlot.AlignedData {
  return [points.map(({ at }) => at / 1000), points.map((point) => spec.of(point))]
}

function draw({ id, colour }: ChartSpec): uPlot {
  const place = byId(`${id}-chart`)
  const style = getComputedStyle(document.documentElement)
  const stroke = style.getPropertyValue('--quiet').trim()
  const grid = { stroke: style.getPropertyValue('--line').trim(), width: 1 }
  const line = style.getPropertyValue(colour).trim()
  const options: uPlot.Options = {
    width: Math.max(1, place.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: [
      { stroke, grid, ticks: grid, space: 90, values: (_plot, ticks) => ticks.map((at) => clock(at)) },
      { stroke, grid, ticks: grid, size: 56, values: (_plot, ticks) => ticks.map((tick) => decimal(tick)) },
    ],
    series: [{}, { stroke: line, width: 1.5, fill: `${line}22`, points: { show: false } }],
  }
  return new uPlot(options, [[], []], place)
}
