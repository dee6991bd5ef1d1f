/**
 * Divides texts into jobs. Longest first, so that lanes finish together and a batch holds texts of nearly one length;
 * a job never holds more than `budget` tokens (its longest text times its number of texts, which is what a padded
 * batch takes), unless it is a single text.
 * @param lengths tokens of each text
 * @returns indices of the texts of each job; together every text once
 */
export function planJobs(lengths: readonly number[], budget: number): number[][] {
  const order = lengths.map((_, index) => index);
  order.sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0) || a - b);
  const jobs: number[][] = [];
  let job: number[] = [];
  let longest = 0;
  for (const index of order) {
    if (job.length > 0 && (job.length + 1) * longest > budget) {
      jobs.push(job);
      job = [];
    }
    if (job.length === 0) longest = lengths[index] ?? 0;
    job.push(index);
  }
  if (job.length > 0) jobs.push(job);
  return jobs;
}
