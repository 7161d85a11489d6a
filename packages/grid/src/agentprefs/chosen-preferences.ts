/** An agent's preferences, and those of an agent that has none. */

export interface AgentPreferences {
  /** `PG`, `M` or `A`: the most mature region that the agent wants to see. */
  readonly access: string;
  /** Metres. */
  readonly hoverHeight: number;
  readonly language: string;
  readonly languageIsPublic: boolean;
  /** Bits for new objects; 0 where the agent has not chosen. */
  readonly everyonePermissions: number;
  readonly groupPermissions: number;
  readonly nextPermissions: number;
}

/** Of an agent that has chosen nothing (OpenSim/Services/Interfaces/IAgentPreferencesService.cs). */
export const standardPreferences: AgentPreferences = {
  access: 'M',
  hoverHeight: 0,
  language: 'en-us',
  languageIsPublic: true,
  everyonePermissions: 0,
  groupPermissions: 0,
  nextPermissions: 0,
};
