import { CATALOGUE, type CheckFacts, type CheckId } from './catalogue.ts'
import { lookAtAccess, lookAtAge, lookAtMount } from './alert-files.ts'
import { lookAtAlertClock, lookAtLines } from './alert-lines.ts'
import { lookAtConfiguration, lookAtPolicy, lookAtRights } from './configuration.ts'
import type { Look } from './context.ts'
import { lookAtDaemon, lookAtStatusPage } from './daemon.ts'
import { lookAtDisk } from './disk.ts'
import { lookAtDatagrams, lookAtNode, lookAtUser, lookAtVersion } from './installation.ts'
import { lookAtOutputs } from './outputs.ts'
import { lookAtPosition } from './position.ts'
import { lookAtCopies, lookAtFeeds, lookAtLatency, lookAtPlatforms, lookAtWarningLists } from './providers.ts'
import { lookAtRotation } from './rotation.ts'
import { lookAtSelfTest } from './self-test.ts'
import { lookAtIntake } from './sources.ts'
import { lookAtDeadLetters, lookAtStateDir, lookAtStore } from './state.ts'
import { lookAtRedis } from './redis.ts'
import { lookThroughWazuh } from './through-wazuh.ts'
import { lookAtIntegrations, lookAtLocalfile } from './wazuh-inputs.ts'
import { lookAtWazuhLog } from './wazuh-log.ts'
import { lookAtKernel, lookAtQueue } from './wazuh-queue.ts'
import { lookAtRules } from './wazuh-rules.ts'
import { lookAtWazuhRunning, lookAtWazuhSettings } from './wazuh-settings.ts'

export interface Check extends CheckFacts {
  readonly look: Look
}

const LOOKS: Readonly<Record<CheckId, Look>> = {
  node: lookAtNode,
  tripline: lookAtVersion,
  datagrams: lookAtDatagrams,
  user: lookAtUser,
  configuration: lookAtConfiguration,
  'configuration-rights': lookAtRights,
  'allow-list': lookAtPolicy,
  'alerts-access': lookAtAccess,
  'alerts-mount': lookAtMount,
  'alerts-age': lookAtAge,
  'alerts-format': lookAtLines,
  'alerts-clock': lookAtAlertClock,
  'alerts-rotation': lookAtRotation,
  intake: lookAtIntake,
  daemon: lookAtDaemon,
  'status-page': lookAtStatusPage,
  'state-directory': lookAtStateDir,
  'state-store': lookAtStore,
  'shared-store': lookAtRedis,
  position: lookAtPosition,
  'dead-letters': lookAtDeadLetters,
  disk: lookAtDisk,
  outputs: lookAtOutputs,
  feeds: lookAtFeeds,
  platforms: lookAtPlatforms,
  latency: lookAtLatency,
  copies: lookAtCopies,
  'warning-lists': lookAtWarningLists,
  'wazuh-running': lookAtWazuhRunning,
  'wazuh-settings': lookAtWazuhSettings,
  'wazuh-rules': lookAtRules,
  'wazuh-localfile': lookAtLocalfile,
  'wazuh-integrations': lookAtIntegrations,
  'wazuh-queue': lookAtQueue,
  'wazuh-log': lookAtWazuhLog,
  kernel: lookAtKernel,
  pipeline: lookAtSelfTest,
  'through-wazuh': lookThroughWazuh,
}

/** Every check, in the order of the catalogue. */
export const CHECKS: readonly Check[] = CATALOGUE.map((facts) => ({ ...facts, look: LOOKS[facts.id] }))
