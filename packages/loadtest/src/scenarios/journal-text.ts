/** What people write of an evening: long enough to be real rows, different enough not to compress into one. */
const openings = [
  'Woke up before the alarm and lay there for a while.',
  'Slept badly, and it showed all morning.',
  'A quiet day at work, quieter in my head than last week.',
  'The bus was late and I had twenty minutes with nothing to do but think.',
  'My sister called. We talked about everything except the one thing.',
  'Second coffee, no cigarette. I keep noticing my hands.',
]
const middles = [
  'Around four it got loud again, the way it does, and I went for a walk instead.',
  'There was a party in the building and I left early, which felt like losing and winning at once.',
  'I wrote the list from the group meeting and put it where the lighter used to be.',
  'Passed the shop on the corner. Did not go in. Did not even slow down much.',
  'Cooked something real for the first time this month and ate it sitting down.',
  'Told Marek the truth when he asked. He just nodded and poured tea.',
  'The craving came, stood there for ten minutes, and left. I timed it.',
]
const closings = [
  'Tomorrow the same, one day at a time.',
  'I am tired, but it is my own kind of tired.',
  'Proud of today. Writing it down so that I believe it later.',
  'Not a good day. Still a day, though, and still counted.',
  'Going to bed with the window open.',
]

/** A few believable sentences. @param random 0 to 1, as `Math.random` */
export function journalText(random: () => number = Math.random): string {
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] as string
  const middle = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(middles))
  return [pick(openings), ...middle, pick(closings)].join(' ')
}

/** How the day felt, in the app's own words, 0 to 10 each. */
export function dayScores(random: () => number = Math.random): Record<string, number> {
  const score = () => Math.floor(random() * 11)
  return { mood: score(), craving: score(), sleep: score(), energy: score() }
}
