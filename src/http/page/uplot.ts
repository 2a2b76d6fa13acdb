import Chart from 'uplot'

/** The build puts the library itself in the place of this file: `scripts/build/page.ts`. */
export const uPlot = Chart
