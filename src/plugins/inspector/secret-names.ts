/** Decides by its name whether a value is a secret: `accessToken`, `X-Api-Key`, `connect.sid`; but not `token_type`. */

/** Only the last characters of a name, up to this number, are checked: its end says what it names. */
export const LONGEST_NAME = 64;

/** Every name of a secret contains one of these, which excludes most words quickly. */
const HINT =
  /tok|secr|pas|pwd?|psw|auth|cook|cred|sess|jwt|csrf|xsrf|sid|sig|bear|otp|pin|hmac|nonce|mfa|ssn|cv[cv]|assert|key|code|conn|saml/i;

/** Anywhere in a name without separators. */
const ANYWHERE =
  /token|secret(?!ar)|passw|passphrase|passcode|authori[sz]ation$|cookie|credential|session|sessid|jwt|csrf|xsrf|signature|bearer|totp|(?:api|access|private|signing|encryption|master|auth|account|shared|license|service|webhook)key|connectionstring|samlresponse|pincode|verificationcode|authcode/;

/** A whole word of a name. */
const WHOLE = new Set(
  'auth otp pin sid pass passwd pwd pw psw passwort sig hmac nonce cnonce mfa ssn cvc cvv assertion authdata authinfo'.split(
    ' ',
  ),
);

/** The end of a name without separators: `PHPSID`, `basicauth`. */
const AT_END =
  /(?:[a-z]sid|(?:basic|http|proxy|x)auth|(?:db|user|my|root|admin|mysql|pg)(?:pass|pwd)|(?:user|card)pin|pwd|passwd)$/;

/** Last words of names whose values describe a secret, but are none. */
const ABOUT = new Set(
  (
    'type types count counts length len size expires expiry expiration expire expired exp ttl timeout limit max min age error errors ' +
    'policy required enabled disabled valid url uri endpoint path domain name names field header headers status state storage provider ' +
    'version at in ms seconds manager service store handler middleware parser kind format strength attempts method mode scheme failure failed ' +
    'validation required missing rotation lifetime duration issuer audience scope scopes prefix mismatch check less'
  ).split(' '),
);

/** Whether this last part of a path means that the value describes a secret, but is none: `session.count`, `token.test.ts`. */
export function isAbout(name: string): boolean {
  const last = wordsOf(name).at(-1);
  return (
    last !== undefined &&
    (ABOUT.has(last) ||
      /^(?:[cm]?[jt]sx?|vue|svelte|py|rb|php|go|java|cs|rs|html?|css|json|ya?ml|log)$/.test(last))
  );
}

/** Splits `accessToken`, `access_token`, `ACCESS-TOKEN` and `HTTPToken` into words. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(Boolean);

/** Whether the value after this name must be hidden. */
export function namesSecret(name: string): boolean {
  const short = name.slice(-LONGEST_NAME);
  if (!HINT.test(short)) return false;
  const words = wordsOf(short);
  const last = words.at(-1);
  if (last === undefined) return false;
  const whole = words.join('');
  const secret = ANYWHERE.test(whole) || AT_END.test(whole) || words.some((word) => WHOLE.has(word));
  return secret && !(words.length > 1 && ABOUT.has(last)) && !/token(?:iz|is)/.test(whole);
}

/** Whether a whole header line is secret: it may contain several cookies or parts. */
export const namesSecretLine = (name: string): boolean => /authori[sz]ation$|cookie2?$/i.test(name);

/** Values after a name that are no secrets: `token: expired`, `"password": null`. */
const NO_SECRETS = new Set(
  'null undefined true false none nil missing required invalid expired revoked unknown empty denied mismatch malformed incorrect wrong not must is disabled enabled blocked unset failed'.split(
    ' ',
  ),
);

export const isNoSecret = (value: string): boolean => NO_SECRETS.has(value.toLowerCase());

/** Words after `Bearer` in a sentence, instead of a token. */
const AFTER_BEARER = new Set(
  'token tokens auth authentication authorization authenticate scheme realm header headers is was of and or not missing required error credentials must in to for the format type access invalid expected prefix with a an has'.split(
    ' ',
  ),
);

export const isProse = (value: string): boolean => AFTER_BEARER.has(value.toLowerCase());
