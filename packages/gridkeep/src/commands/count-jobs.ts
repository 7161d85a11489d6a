export function countJobs() {
  return Promise.resolve({ waiting: 0, running: 0, failedLately: 0 });
}
