/** A time for the name of a file, for example `20260123T080910.123Z`. */
export function timeStamp(time: Date): string {
  return time.toISOString().replaceAll(/[-:]/g, '');
}
