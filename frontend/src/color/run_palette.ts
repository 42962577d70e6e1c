/** TensorBoard's own run colours, so that a run looks the same in every tab as far as possible. */

const LIGHT = ['#425066', '#12b5cb', '#e52592', '#f9ab00', '#9334e6', '#7cb342', '#e8710a'];
const DARK = ['#8e98a3', ...LIGHT.slice(1)];

/** Gives each run a colour the first time it is seen, and the same one ever after. */
export class RunPalette {
  private readonly order = new Map<string, number>();

  /** Make sure all `names` have a colour; new ones in the order given. */
  learn(names: readonly string[]): void {
    for (const name of names) if (!this.order.has(name)) this.order.set(name, this.order.size);
  }

  /** The colour of a run, for CSS. */
  colourOf(name: string, dark: boolean): string {
    const palette = dark ? DARK : LIGHT;
    return palette[(this.order.get(name) ?? 0) % palette.length] as string;
  }
}
