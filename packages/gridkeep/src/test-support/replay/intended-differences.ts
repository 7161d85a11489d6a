/** Where Gridkeep means to answer otherwise than the recorded OpenSimulator 0.9.2.2; docs/compatibility.md has the same list. */
import type { Exchange } from './recording.ts';
import { methodOf } from './replay.ts';

export interface IntendedDifference {
  /** What was asked: a form's METHOD, an XML-RPC or JSON-RPC method, or else the path. */
  readonly asked: RegExp;
  /** The line that tells the difference: its place in the reply, and what it became. */
  readonly difference: RegExp;
  readonly reason: string;
}

export const intendedDifferences: readonly IntendedDifference[] = [
  {
    asked: /^getaccount$/,
    difference: /^\/result\/ServiceURLs: "HomeURI\*;/,
    reason: 'the addresses of the services are complete also before a first login',
  },
  {
    asked: /^(login_to_simulator|GETMULTIPLEFOLDERSCONTENT|GETFOLDERCONTENT)$/,
    difference: /\[\]: \{.*[nN]ame: "Materials".*\} is too much$/,
    reason: 'residents have the Materials folder that OpenSimulator 0.9.3 makes',
  },
  {
    asked: /^(GETMULTIPLEFOLDERSCONTENT|GETFOLDER)$/,
    difference:
      /^\/(folder: \{.*Owner: "11111111-1111-|F_[0-9a-f-]+\/((FID|OWNER): "00000000-0000-0000-0000-000000000000" became|.*(Owner|CreatorId): "11111111-1111-.* is too much$))/,
    reason: "asking an inventory for the library's folders tells what is in them",
  },
  {
    asked: /^GETFOLDERCONTENT$/,
    difference: /^\/(FOLDERS|ITEMS): \{\} is too much$/,
    reason: 'a folder that a traveller may not see has two empty lists instead of none',
  },
  {
    asked: /^avatar_properties_(update|request)$/,
    difference: /^\/(error: \{code: "-32604"\} is missing|result.* is too much)$/,
    reason: 'profiles keep letters of every alphabet; the recorded database took none beyond Latin-1',
  },
  {
    asked: /^getagentprefs$/,
    difference: /^\/(PrincipalID|AccessPrefs|HoverHeight|Language|LanguageIsPublic|Perm\w+): .* is too much$/,
    reason:
      'preferences that were never set are told with their defaults, so that regions keep what is set next',
  },
  {
    asked: /^setagentprefs$/,
    difference: /^\/result: "Success" became "Failure"$/,
    reason: 'preferences of nobody, which regions send after an empty answer, are not stored',
  },
  {
    asked: /^login_to_simulator$/,
    difference: /^\/(faultCode: "-32603" is missing|(reason|message|login): .* is too much)$/,
    reason: 'a login with a CDATA section is understood instead of ending in a fault',
  },
  {
    asked: /^\/agent\//,
    difference: /^\/(position|start_pos): "<255\.7613, .*>" became "<255\.5, .*>"$/,
    reason: 'nobody starts within half a metre of a border, as in later OpenSimulator',
  },
  {
    asked: /^\//,
    difference: /^: "<HTML><HEAD><TITLE>404 .* became "<!doctype html>/,
    reason: 'the page for what is not there has other words',
  },
  {
    asked: /^\/users\//,
    difference: /^status 200 became 404$/,
    reason: 'there is no OpenID',
  },
  {
    asked: /^\/map-/,
    difference: /^: "ÿØÿ.* became "ÿØÿ/,
    reason: 'map tiles that the grid composes are encoded by another JPEG encoder',
  },
];

/** The entries that explain these reasons; undefined when one of them is explained by none. */
export function explained(
  exchange: Exchange,
  sent: string,
  reasons: readonly string[],
): readonly IntendedDifference[] | undefined {
  const asked = methodOf(exchange.path, sent);
  const found = reasons.map((reason) =>
    intendedDifferences.find((entry) => entry.asked.test(asked) && entry.difference.test(reason)),
  );
  return found.some((entry) => entry === undefined)
    ? undefined
    : found.filter((entry) => entry !== undefined);
}
