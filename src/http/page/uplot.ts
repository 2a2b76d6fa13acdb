import Chart from 'uplot'

/** The build puts the library itself in the place of this file: `scripts/page.mjs`. */
export const uPlot = Chart
