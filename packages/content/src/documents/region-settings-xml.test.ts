import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { parseUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import type { RegionSettings } from './region-settings.ts';
import { defaultRegionSettings } from './region-settings.ts';
import { parseRegionSettings, writeRegionSettings } from './region-settings-xml.ts';
import { sampleEntry } from './test-support/archive-entries.ts';
import { assertSurvivesDamage } from './test-support/damage.ts';
import { samples } from './test-support/samples.ts';

const settingsName = /(?:^|\/)settings\//;

test('all real settings are written again byte for byte', { skip: missing('fixtures') }, () => {
  for (const { archive, bytes } of samples(settingsName)) {
    const { settings, findings } = parseRegionSettings(bytes);
    assert.deepEqual(findings, [], archive);
    assert.equal(Buffer.from(writeRegionSettings(settings)).toString(), bytes.toString(), archive);
  }
});

test('an external entity is refused before anything is opened', { skip: missing('fixtures') }, () => {
  const bytes = sampleEntry(fixture('hostile', 'xml-external-entity.oar'), settingsName);
  assert.throws(() => parseRegionSettings(bytes), { name: 'DocumentError', rule: 'C4' });
});

const id = parseUuid('5b0d2a3e-0a7b-4a3c-9a54-2f6f0f3c1a01');

test('telehub, materials of the ground, environment and estate survive', () => {
  const settings: RegionSettings = {
    ...defaultRegionSettings,
    materials: [id, id, id, id],
    telehub: { objectId: id, spawnPoints: [{ yaw: 1.5, pitch: -0.25, distance: 12 }] },
    environment:
      "<? llsd/notation ?>\n{'name':'Zürich & <fog>','frames':{'s':{'sun_id':u5b0d2a3e-0a7b-4a3c-9a54-2f6f0f3c1a01}}}",
    estate: { allowDirectTeleport: false, allowEnvironmentOverride: true },
  };
  const bytes = writeRegionSettings(settings);
  assert.ok(/^[\0-\x7f]*$/.test(Buffer.from(bytes).toString('latin1')), 'the loader decodes ASCII');
  const read = parseRegionSettings(bytes);
  assert.deepEqual(read.settings, settings);
  assert.deepEqual(
    read.references.filter((reference) => reference.id === id).map((reference) => reference.type),
    [57, 57, 57, 57, 0],
  );
});

test('a ground without materials is written without the elements that 0.9.2 stumbles over', () => {
  assert.doesNotMatch(Buffer.from(writeRegionSettings(defaultRegionSettings)).toString(), /PBR/);
});

function edited(from: string | RegExp, to: string): ReturnType<typeof parseRegionSettings> {
  return parseRegionSettings(
    Buffer.from(Buffer.from(writeRegionSettings(defaultRegionSettings)).toString().replace(from, to)),
  );
}

test('values that OpenSimulator cannot read refuse the settings', () => {
  const refused = (from: string | RegExp, to: string, field: string): void => {
    assert.throws(() => edited(from, to), { name: 'DocumentError', rule: 'R1', field });
  };
  refused('<BlockFly>False', '<BlockFly>no', 'General/BlockFly');
  refused('<AgentLimit>40', '<AgentLimit>many', 'General/AgentLimit');
  refused('<WaterHeight>20', '<WaterHeight>NaN', 'Terrain/WaterHeight');
  refused(/<Texture1>[^<]*/, '<Texture1>none', 'GroundTextures/Texture1');
  refused(/<Terrain>.*<\/Terrain>/s, '', 'Terrain');
});

test('odd settings are read and reported', () => {
  assert.equal(edited('<WaterHeight>20', '<WaterHeight>20,5').settings.waterHeight, 20.5);
  const foreign = edited('<General>', '<General><Sandbox>True</Sandbox>');
  assert.equal(foreign.findings[0]?.field, 'General/Sandbox');
  const unclosed = edited('<Telehub />', "<Telehub /><Environment><data>{'a':'b</data></Environment>");
  assert.equal(unclosed.settings.environment, undefined);
  assert.equal(unclosed.findings[0]?.field, 'Environment/data');
  const minimal = parseRegionSettings(
    Buffer.from('<RegionSettings><General/><GroundTextures/><Terrain/></RegionSettings>'),
  );
  assert.deepEqual(minimal.settings, defaultRegionSettings);
});

test('an environment that a simulator would hang on is never written', () => {
  assert.throws(() => writeRegionSettings({ ...defaultRegionSettings, environment: "{'a':'b" }), RangeError);
});

test('any numbers and flags read back', () => {
  const number = fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((value) => (value === 0 ? 0 : value));
  const settings = fc.record({
    allowDamage: fc.boolean(),
    fixedSun: fc.boolean(),
    agentLimit: fc.integer(),
    objectBonus: number,
    waterHeight: number,
    sunPosition: number,
  });
  fc.assert(
    fc.property(settings, (part) => {
      const whole = { ...defaultRegionSettings, ...part };
      assert.deepEqual(parseRegionSettings(writeRegionSettings(whole)).settings, whole);
    }),
    { numRuns: 200 },
  );
});

test('damaged settings throw nothing but a DocumentError', () => {
  assertSurvivesDamage([writeRegionSettings(defaultRegionSettings)], parseRegionSettings, 500);
});
