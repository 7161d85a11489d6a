/** Source: OpenSim/Services/InventoryService/LibraryService.cs and OpenSim/Framework/Constants.cs. */
import { parseUuid } from '@gridkeep/wire/uuid';

export const libraryOwnerId = parseUuid('11111111-1111-0000-0000-000100bba000');
export const libraryRootId = parseUuid('00000112-000f-0000-0000-000100bba000');
