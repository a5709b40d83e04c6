/** Whose signer may speak for whom; see `certificates.countries` and `certificates.issuer_country`. */

const COUNTRIES = new Set(
  `AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
   BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
   ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
   HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
   LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
   NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
   SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
   UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW`.split(/\s+/),
);
const EXCEPTIONS: Readonly<Record<string, string>> = { EL: "GR", UK: "GB" };
const TERRITORIES: Readonly<Record<string, string>> = {
  AU: "CC CX NF",
  CN: "HK MO",
  DK: "FO GL",
  FI: "AX",
  FR: "BL GF GP MF MQ NC PF PM RE TF WF YT",
  GB: "AI BM FK GG GI IM IO JE KY MS PN SH TC VG",
  NL: "AW BQ CW SX",
  NO: "SJ",
  NZ: "CK NU TK",
  US: "AS GU MP PR VI",
};

export function isCountry(code: string): boolean {
  return COUNTRIES.has(code);
}

/** Whether a signer of `country` may sign for `issuer`, the claim as it was signed; null: it names none. */
export function issuerFits(issuer: string | null, country: string | null): boolean {
  const named = namedCountry(issuer);
  const own = namedCountry(country);
  return named === null || own === null || named === own || (TERRITORIES[own] ?? "").split(" ").includes(named);
}

/** The ISO 3166-1 country that a text begins with; null where it names none. */
export function namedCountry(text: string | null): string | null {
  const match = text === null ? null : /^\s*([A-Za-z]{2})(?![A-Za-z0-9])/.exec(text);
  if (!match) return null;
  const code = match[1]!.toUpperCase();
  const known = EXCEPTIONS[code] ?? code;
  return isCountry(known) ? known : null;
}
