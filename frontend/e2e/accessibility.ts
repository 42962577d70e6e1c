// What axe finds wrong with the tab.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Tab } from './browser';

/** Rules that are broken, and where. */
export async function violations(tab: Tab): Promise<string[]> {
  // Evaluated by the debugger: the page's policy forbids inline scripts, as it should.
  await tab.frame.evaluate(
    readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8'),
  );
  return tab.frame.evaluate(async () => {
    const axe = (window as unknown as { axe: { run(): Promise<AxeResult> } }).axe;
    const result = await axe.run();
    return result.violations.map(
      (violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' | ')}`,
    );
  });
}

interface AxeResult {
  violations: { id: string; nodes: { html: string }[] }[];
}
