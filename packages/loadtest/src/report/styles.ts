import { type Html, trusted } from '@journeys/core/ops'
import barStyle from './bar-style.html'
import chartStyle from './chart-style.html'
import pageStyle from './page-style.html'
import partStyle from './part-style.html'
import phoneStyle from './phone-style.html'
import printStyle from './print-style.html'
import tableStyle from './table-style.html'
import verdictStyle from './verdict-style.html'

/** In the order in which they override each other. */
export const styles: readonly Html[] = [
  pageStyle,
  verdictStyle,
  partStyle,
  tableStyle,
  chartStyle,
  barStyle,
  phoneStyle,
  printStyle,
].map(trusted)
