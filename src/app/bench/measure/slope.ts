interface Point {
  readonly x: number
  readonly y: number
}

/** Of the line with the least squares through some points; 0 where they lie at one place. */
export function slopeOf(points: readonly Point[]): number {
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / Math.max(1, points.length)
  const meanX = mean(({ x }) => x)
  const meanY = mean(({ y }) => y)
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  const shared = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0)
  return spread === 0 ? 0 : shared / spread
}
