import type { AssetReference } from '@gridkeep/content/assets/asset-reference';
import { DocumentError } from '@gridkeep/content/documents/document-error';
import { parseRegionSettings } from '@gridkeep/content/documents/region-settings-xml';

/** Assets that the settings of a region name; none when there are no settings, or they cannot be read. */
export function regionReferences(settings: string | undefined): readonly AssetReference[] {
  if (settings === undefined) return [];
  try {
    return parseRegionSettings(Buffer.from(settings)).references;
  } catch (error) {
    if (error instanceof DocumentError) return [];
    throw error;
  }
}
