import { readFileSync } from 'node:fs';

/** Length of a clock tick in /proc; 100 a second on every Linux in use. */
const TICK_MS = 10;

/** Milliseconds of CPU that a process has used so far, all its threads, seen from outside. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name of the program, in brackets, may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Memory that a process holds, or has held at most, in MB (RSS). */
export function memoryMb(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const [, kilobytes] =
    new RegExp(`^${which}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(kilobytes) / 1024;
}

/** Microseconds of a clock that all processes of this machine share. */
export function sharedClockUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
