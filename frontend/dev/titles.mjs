/** Product titles of an invented gift shop, so that labels have real lengths. */

const STYLES = [
  'WHITE',
  'RED',
  'VINTAGE',
  'RETROSPOT',
  'IVORY',
  'REGENCY',
  'PARISIENNE',
  'WOODEN',
  'SET OF 3',
  'JUMBO',
];
const SHAPES = ['HEART', 'STAR', 'CAKE', 'ROSE', 'UNION JACK', 'OWL', 'DOLLY GIRL', 'STRAWBERRY'];
const THINGS = [
  'T-LIGHT HOLDER',
  'LUNCH BAG',
  'CAKE STAND',
  'TEA CUP AND SAUCER',
  'HOT WATER BOTTLE',
  'STORAGE TIN',
  'BUNTING',
  'DOORMAT',
  'JAM MAKING SET WITH JARS',
  'NIGHT LIGHT',
  'MUG',
];

/** `count` items as `/catalogue` lists them. */
export function makeItems(count) {
  return Array.from({ length: count }, (_, index) => ({
    index,
    id: String(20000 + ((index * 7919) % 9000)),
    label: [STYLES[index % 10], SHAPES[(index * 3) % 8], THINGS[(index * 5) % 11]].join(' '),
    attributes: { category: THINGS[(index * 5) % 11].toLowerCase() },
  }));
}
