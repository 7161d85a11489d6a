/** What everybody may ask about a grid on its public port (OpenSim/Server/Handlers/Grid/GridInfoHandlers.cs). */
import { escapeXmlAttribute } from '@gridkeep/wire/xml-tree';
import { andThen } from '../at-once.ts';
import type { AtOnce } from '../at-once.ts';
import type { XmlRpcMethods } from '../public-calls.ts';
import { emptyReply, pathParts } from '../robust-http.ts';
import type { RobustHandler, RobustReply, RobustRoutes } from '../robust-http.ts';
import type { Settings } from '../settings/settings.ts';
import type { GridInfo } from './grid-info.ts';
import type { GridStatistics } from './grid-statistics.ts';

/** As the handlers of OpenSimulator answer, and as clients that ask only once like it. */
const headers = { Connection: 'close' };

export function gridInfoRoutes(
  info: GridInfo,
  statistics: GridStatistics,
  settings: Pick<Settings, 'read'>,
): RobustRoutes {
  return new Map([
    ['get_grid_info', onlyGet(() => andThen(info.facts(), (facts) => xmlReply('gridinfo', facts)))],
    ['json_grid_info', onlyGet(() => andThen(info.facts(), jsonReply))],
    [
      'get_grid_stats',
      onlyGet(() =>
        andThen(settings.read(), ({ publicStatistics }) =>
          publicStatistics
            ? andThen(statistics.read(), ({ residents, activeUsers, regions }) =>
                xmlReply('gridstats', [
                  ['residents', residents],
                  ['active_users', activeUsers],
                  ['region_count', regions],
                ]),
              )
            : notAllowed,
        ),
      ),
    ],
  ]);
}

export function gridInfoXmlRpc(info: GridInfo): XmlRpcMethods {
  return new Map([['get_grid_info', () => info.facts()]]);
}

const notAllowed: RobustReply = { ...emptyReply(405, 'text/html'), headers };

function onlyGet(answer: () => AtOnce<RobustReply>): RobustHandler {
  return ({ method, path }) => {
    if (pathParts(path).length !== 1) return emptyReply(404, 'text/html');
    return method === 'GET' || method === 'HEAD' ? answer() : notAllowed;
  };
}

function xmlReply(root: string, members: Iterable<readonly [string, string | number]>): RobustReply {
  const elements = Array.from(members, ([key, value]) => `<${key}>${quoted(String(value))}</${key}>`);
  return reply('application/xml', `<${root}>${elements.join('')}</${root}>`);
}

/** Quotes too, as `SecurityElement.Escape` does. */
function quoted(text: string): string {
  return escapeXmlAttribute(text).replaceAll("'", '&apos;');
}

function jsonReply(facts: ReadonlyMap<string, string>): RobustReply {
  return reply('application/json', JSON.stringify(Object.fromEntries(facts)));
}

function reply(contentType: string, text: string): RobustReply {
  return { status: 200, contentType, body: Buffer.from(text, 'utf8'), headers };
}
