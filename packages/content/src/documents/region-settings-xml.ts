/**
 * `settings/*.xml`. The loader reads the sections in one fixed order, and ends a section at the first element it does not know;
 * any value it cannot read loses all settings. So the writer makes nothing that a 0.9.2 does not know unless it must.
 */
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import { childOf, childrenOf } from '@gridkeep/wire/xml-tree';
import type { AssetReference } from '../assets/asset-reference.ts';
import type { DocumentFinding } from './document-error.ts';
import { DocumentError, quoted } from './document-error.ts';
import { decodeDocument, parseDocument, replacedFindings } from './document-text.ts';
import { readEnvironmentText, requireSoundEnvironment } from './environment-text.ts';
import {
  FieldError,
  i32Max,
  i32Min,
  parseDouble,
  parseFloat32,
  parseInteger,
  plainText,
} from './field-values.ts';
import { formatNetBoolean, formatNetDouble, parseNetBoolean, parseNetUuid } from './net-text.ts';
import type { Corners, FourIds, RegionSettings, SpawnPoint } from './region-settings.ts';
import { defaultRegionSettings, groundReferences } from './region-settings.ts';
import type { XmlNode } from './xml-lines.ts';
import { asciiXml, xmlLines } from './xml-lines.ts';

export interface ParsedRegionSettings {
  readonly settings: RegionSettings;
  readonly references: readonly AssetReference[];
  readonly findings: readonly DocumentFinding[];
}

const spawnPointsMax = 64;

/** Throws a DocumentError (R1, or C4 for a DOCTYPE) where OpenSimulator would drop all settings. */
export function parseRegionSettings(bytes: Uint8Array): ParsedRegionSettings {
  const { text, replaced } = decodeDocument(bytes);
  const root = parseDocument(text, 'R1', { depthMax: 16, nodesMax: 10_000 });
  if (root.name !== 'RegionSettings')
    throw new DocumentError('R1', '', `<${root.name.slice(0, 60)}> instead of <RegionSettings>`, root.start);
  const parsed = new SettingsReader(root, !dottedNumber.test(text)).read();
  return { ...parsed, findings: [...replacedFindings('R1', replaced), ...parsed.findings] };
}

const dottedNumber = />\s*[+-]?[0-9]+\.[0-9]/;

const defaults = defaultRegionSettings;

class SettingsReader {
  readonly #root: XmlElement;
  /** A file without any decimal point may come from a simulator that wrote decimal commas. */
  readonly #commas: boolean;
  readonly #findings: DocumentFinding[] = [];

  constructor(root: XmlElement, commas: boolean) {
    this.#root = root;
    this.#commas = commas;
  }

  read(): ParsedRegionSettings {
    const general = this.#section('General', generalNames);
    const ground = this.#section('GroundTextures', groundNames);
    const terrain = this.#section('Terrain', terrainNames);
    const environment = this.#environment();
    const settings: RegionSettings = {
      allowDamage: this.#boolean(general, 'AllowDamage', defaults.allowDamage),
      allowLandResell: this.#boolean(general, 'AllowLandResell', defaults.allowLandResell),
      allowLandJoinDivide: this.#boolean(general, 'AllowLandJoinDivide', defaults.allowLandJoinDivide),
      blockFly: this.#boolean(general, 'BlockFly', defaults.blockFly),
      blockLandShowInSearch: this.#boolean(general, 'BlockLandShowInSearch', defaults.blockLandShowInSearch),
      blockTerraform: this.#boolean(general, 'BlockTerraform', defaults.blockTerraform),
      disableCollisions: this.#boolean(general, 'DisableCollisions', defaults.disableCollisions),
      disablePhysics: this.#boolean(general, 'DisablePhysics', defaults.disablePhysics),
      disableScripts: this.#boolean(general, 'DisableScripts', defaults.disableScripts),
      maturityRating: this.#integer(general, 'MaturityRating', defaults.maturityRating),
      restrictPushing: this.#boolean(general, 'RestrictPushing', defaults.restrictPushing),
      agentLimit: this.#integer(general, 'AgentLimit', defaults.agentLimit),
      objectBonus: this.#number(general, 'ObjectBonus', defaults.objectBonus),
      textures: this.#ids(ground, 'Texture', defaults.textures),
      materials: this.#ids(ground, 'PBR', defaults.materials),
      elevationLow: this.#corners(ground, 'ElevationLow', defaults.elevationLow),
      elevationHigh: this.#corners(ground, 'ElevationHigh', defaults.elevationHigh),
      waterHeight: this.#number(terrain, 'WaterHeight', defaults.waterHeight),
      terrainRaiseLimit: this.#number(terrain, 'TerrainRaiseLimit', defaults.terrainRaiseLimit),
      terrainLowerLimit: this.#number(terrain, 'TerrainLowerLimit', defaults.terrainLowerLimit),
      useEstateSun: this.#boolean(terrain, 'UseEstateSun', defaults.useEstateSun),
      fixedSun: this.#boolean(terrain, 'FixedSun', defaults.fixedSun),
      sunPosition: this.#number(terrain, 'SunPosition', defaults.sunPosition),
      telehub: this.#telehub(),
      environment: environment?.text,
      estate: this.#estate(),
    };
    const references = [...groundReferences(settings), ...(environment?.references ?? [])];
    return { settings, references, findings: this.#findings };
  }

  #warn(field: string, message: string, offset?: number): void {
    const finding = { rule: 'R1', severity: 'warning', field, message } as const;
    this.#findings.push(offset === undefined ? finding : { ...finding, offset });
  }

  #section(name: string, known: ReadonlySet<string>): XmlElement {
    const section = childOf(this.#root, name);
    if (section === undefined) throw new DocumentError('R1', name, 'this section is required');
    const foreign = section.children.find((child) => !known.has(child.name));
    if (foreign !== undefined)
      this.#warn(
        `${name}/${foreign.name}`,
        'not known; OpenSimulator gives up the settings at such an element',
        foreign.start,
      );
    return section;
  }

  /** The value of an element, or the default when it is absent. */
  #value<T>(section: XmlElement, name: string, absent: T, parse: (text: string) => T): T {
    const element = childOf(section, name);
    if (element === undefined) return absent;
    return this.#parsed(element, `${section.name}/${name}`, parse);
  }

  #parsed<T>(element: XmlElement, field: string, parse: (text: string) => T): T {
    try {
      return parse(plainText(element));
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      throw new DocumentError('R1', field, error.message, element.start);
    }
  }

  #boolean(section: XmlElement, name: string, absent: boolean): boolean {
    return this.#value(section, name, absent, parseNetBoolean);
  }

  #integer(section: XmlElement, name: string, absent: number): number {
    return this.#value(section, name, absent, (text) => parseInteger(text, i32Min, i32Max));
  }

  #number(section: XmlElement, name: string, absent: number): number {
    return this.#value(section, name, absent, (text) => parseDouble(this.#pointed(text)));
  }

  #pointed(text: string): string {
    return this.#commas ? text.replace(',', '.') : text;
  }

  #ids(section: XmlElement, prefix: string, absent: FourIds): FourIds {
    const id = (index: 0 | 1 | 2 | 3): Uuid =>
      this.#value(section, `${prefix}${index + 1}`, absent[index], parseNetUuid);
    return [id(0), id(1), id(2), id(3)];
  }

  #corners(section: XmlElement, prefix: string, absent: Corners): Corners {
    return {
      southWest: this.#number(section, `${prefix}SW`, absent.southWest),
      northWest: this.#number(section, `${prefix}NW`, absent.northWest),
      southEast: this.#number(section, `${prefix}SE`, absent.southEast),
      northEast: this.#number(section, `${prefix}NE`, absent.northEast),
    };
  }

  #telehub(): RegionSettings['telehub'] {
    const section = childOf(this.#root, 'Telehub');
    if (section === undefined) return undefined;
    const objectId = this.#value(section, 'TelehubObject', zeroUuid, parseNetUuid);
    const points = childrenOf(section, 'SpawnPoint');
    if (points.length > spawnPointsMax)
      throw new DocumentError('R1', 'Telehub/SpawnPoint', `${points.length} of them`);
    const spawnPoints = points.map((point) =>
      this.#parsed(point, 'Telehub/SpawnPoint', (text) => this.#spawnPoint(text)),
    );
    return objectId === zeroUuid ? undefined : { objectId, spawnPoints };
  }

  #spawnPoint(text: string): SpawnPoint {
    const parts = text.split(',');
    // With decimal commas each of the three numbers has two parts; where one is whole, nobody can tell.
    const numbers =
      this.#commas && parts.length === 6
        ? [0, 2, 4].map((at) => `${parts[at] ?? ''}.${parts[at + 1] ?? ''}`)
        : parts;
    const [yaw, pitch, distance] = numbers.map(parseFloat32);
    if (yaw === undefined || pitch === undefined || distance === undefined || numbers.length !== 3)
      throw new FieldError(`${quoted(text)} is not yaw, pitch and distance`);
    return { yaw, pitch, distance };
  }

  #environment(): ReturnType<typeof readEnvironmentText> | undefined {
    const section = childOf(this.#root, 'Environment');
    const data = section === undefined ? undefined : childOf(section, 'data');
    if (data === undefined) return undefined;
    const read = readEnvironmentText(data.text);
    if (read.problem !== undefined) this.#warn('Environment/data', `left out: ${read.problem}`, data.start);
    return read;
  }

  #estate(): RegionSettings['estate'] {
    const section = childOf(this.#root, 'Estate');
    if (section === undefined) return undefined;
    return {
      allowDirectTeleport: this.#boolean(section, 'AllowDirectTeleport', true),
      allowEnvironmentOverride: this.#boolean(section, 'AllowEnvironmentOverride', false),
    };
  }
}

/** A region's settings as OpenSimulator writes them. `PBR1` to `PBR4` stand only where the ground has materials: 0.9.2 does not know them. */
export function writeRegionSettings(settings: RegionSettings): Uint8Array {
  const { telehub, environment, estate } = settings;
  const sections: XmlNode[] = [
    ['General', generalNodes(settings)],
    ['GroundTextures', groundNodes(settings)],
    ['Terrain', terrainNodes(settings)],
    ['Telehub', telehub === undefined ? '' : telehubNodes(telehub)],
  ];
  if (environment !== undefined)
    sections.push(['Environment', [['data', requireSoundEnvironment(environment)]]]);
  if (estate !== undefined)
    sections.push([
      'Estate',
      [
        ['AllowDirectTeleport', formatNetBoolean(estate.allowDirectTeleport)],
        ['AllowEnvironmentOverride', formatNetBoolean(estate.allowEnvironmentOverride)],
      ],
    ]);
  return Buffer.from(xmlLines(['RegionSettings', sections], asciiXml), 'utf8');
}

function generalNodes(settings: RegionSettings): readonly XmlNode[] {
  return [
    ['AllowDamage', formatNetBoolean(settings.allowDamage)],
    ['AllowLandResell', formatNetBoolean(settings.allowLandResell)],
    ['AllowLandJoinDivide', formatNetBoolean(settings.allowLandJoinDivide)],
    ['BlockFly', formatNetBoolean(settings.blockFly)],
    ['BlockLandShowInSearch', formatNetBoolean(settings.blockLandShowInSearch)],
    ['BlockTerraform', formatNetBoolean(settings.blockTerraform)],
    ['DisableCollisions', formatNetBoolean(settings.disableCollisions)],
    ['DisablePhysics', formatNetBoolean(settings.disablePhysics)],
    ['DisableScripts', formatNetBoolean(settings.disableScripts)],
    ['MaturityRating', String(settings.maturityRating)],
    ['RestrictPushing', formatNetBoolean(settings.restrictPushing)],
    ['AgentLimit', String(settings.agentLimit)],
    ['ObjectBonus', formatNetDouble(settings.objectBonus)],
  ];
}

function groundNodes(settings: RegionSettings): readonly XmlNode[] {
  const hasMaterials = settings.materials.some((id) => id !== zeroUuid);
  return [
    ...settings.textures.map((id, index): XmlNode => [`Texture${index + 1}`, id]),
    ...(hasMaterials ? settings.materials.map((id, index): XmlNode => [`PBR${index + 1}`, id]) : []),
    ...cornerNodes('ElevationLow', settings.elevationLow),
    ...cornerNodes('ElevationHigh', settings.elevationHigh),
  ];
}

function cornerNodes(prefix: string, corners: Corners): readonly XmlNode[] {
  return [
    [`${prefix}SW`, formatNetDouble(corners.southWest)],
    [`${prefix}NW`, formatNetDouble(corners.northWest)],
    [`${prefix}SE`, formatNetDouble(corners.southEast)],
    [`${prefix}NE`, formatNetDouble(corners.northEast)],
  ];
}

function terrainNodes(settings: RegionSettings): readonly XmlNode[] {
  return [
    ['WaterHeight', formatNetDouble(settings.waterHeight)],
    ['TerrainRaiseLimit', formatNetDouble(settings.terrainRaiseLimit)],
    ['TerrainLowerLimit', formatNetDouble(settings.terrainLowerLimit)],
    ['UseEstateSun', formatNetBoolean(settings.useEstateSun)],
    ['FixedSun', formatNetBoolean(settings.fixedSun)],
    ['SunPosition', formatNetDouble(settings.sunPosition)],
  ];
}

function telehubNodes(telehub: NonNullable<RegionSettings['telehub']>): readonly XmlNode[] {
  return [
    ['TelehubObject', telehub.objectId],
    ...telehub.spawnPoints.map(({ yaw, pitch, distance }): XmlNode => [
      'SpawnPoint',
      [yaw, pitch, distance].map(formatNetDouble).join(','),
    ]),
  ];
}

const generalNames: ReadonlySet<string> = new Set(generalNodes(defaultRegionSettings).map(([name]) => name));
const groundNames: ReadonlySet<string> = new Set([
  ...groundNodes(defaultRegionSettings).map(([name]) => name),
  'PBR1',
  'PBR2',
  'PBR3',
  'PBR4',
]);
const terrainNames: ReadonlySet<string> = new Set(terrainNodes(defaultRegionSettings).map(([name]) => name));
