/** Installations that tests open in their own process. */
import type { TestContext } from 'node:test';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { defaultConfiguration } from '../configuration/configuration.ts';
import type { Installation } from '../installation/installation.ts';
import { openInstallation } from '../installation/open-installation.ts';

/** A fresh installation with these grids; closed and removed when the test ends. */
export async function testInstallation(
  test: TestContext,
  grids: readonly string[] = ['main'],
): Promise<Installation> {
  const installation = await openInstallation(defaultConfiguration(await temporaryFolder(test)));
  test.after(() => installation.close());
  for (const slug of grids) await installation.tenants.create({ slug });
  return installation;
}

/** A report that nobody reads. */
export const quietReport = { progress: (): void => {}, watching: (): void => {} };
