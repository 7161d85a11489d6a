/**
 * XML-RPC `grid_instant_message` on the public port.
 * Source: OpenSim/Server/Handlers/Hypergrid/InstantMessageServerConnector.cs.
 */
import type { XmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import type { XmlRpcMethods } from '../public-calls.ts';
import { readInstantMessage } from '../simulation/instant-message.ts';
import type { InstantMessages } from './instant-messages.ts';

export function instantMessagesXmlRpc(messages: InstantMessages): XmlRpcMethods {
  return new Map([
    [
      'grid_instant_message',
      async (parameters: XmlRpcStruct) => {
        const message = readInstantMessage(parameters);
        const delivered = message !== undefined && (await messages.deliver(message));
        return new Map([['success', delivered ? 'TRUE' : 'FALSE']]);
      },
    ],
  ]);
}
