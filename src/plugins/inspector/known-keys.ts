/** Keys of well-known services, which are secret wherever they occur. */

/** Their prefixes and minimum lengths. */
const KEY_PREFIXES: readonly (readonly [string, number])[] = [
  ['AKIA', 16],
  ['ASIA', 16],
  ['AIza', 30],
  ['ghp_', 12],
  ['gho_', 12],
  ['ghu_', 12],
  ['ghs_', 12],
  ['ghr_', 12],
  ['github_pat_', 20],
  ['glpat-', 14],
  ['sk_live_', 12],
  ['sk_test_', 12],
  ['rk_live_', 12],
  ['rk_test_', 12],
  ['pk_live_', 12],
  ['sk-', 20],
  ['xoxa-', 10],
  ['xoxb-', 10],
  ['xoxe-', 10],
  ['xoxo-', 10],
  ['xoxp-', 10],
  ['xoxr-', 10],
  ['xoxs-', 10],
  ['xapp-', 10],
  ['whsec_', 12],
  ['shpat_', 12],
  ['dop_v1_', 12],
  ['npm_', 24],
  ['hf_', 20],
  ['pypi-', 20],
  ['ya29', 20],
  ['SG', 30],
];

/** The same, grouped by the code of the first character. */
export const PREFIXES_BY_FIRST: Map<number, (readonly [string, number])[]> = new Map();
for (const entry of KEY_PREFIXES) {
  const first = entry[0].charCodeAt(0);
  PREFIXES_BY_FIRST.set(first, [...(PREFIXES_BY_FIRST.get(first) ?? []), entry]);
}
