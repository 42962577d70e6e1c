/** What makes files is a script that nobody needs to see anything: loaded from one place, for all who save. */
import type * as ExportFiles from './export_files';

/** That script; fails offline, or when the server was upgraded since. */
export function loadExports(): Promise<typeof ExportFiles> {
  return import('./export_files');
}
