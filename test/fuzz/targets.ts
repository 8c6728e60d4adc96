/** Every fuzz target. A new one is one file and one line here. */

import { archivesTarget } from './archives.ts'
import { claimsTarget } from './claims.ts'
import { keysTarget } from './keys.ts'
import { prepareTarget } from './prepare.ts'
import { httpResponsesTarget, messagesTarget } from './messages.ts'
import { portableTarget } from './portable.ts'
import { sectionsTarget } from './sections.ts'
import type { FuzzTarget } from './target.ts'
import { tokenTarget } from './token.ts'

export const targets: readonly FuzzTarget[] = [
  keysTarget,
  tokenTarget,
  claimsTarget,
  sectionsTarget,
  archivesTarget,
  messagesTarget,
  httpResponsesTarget,
  prepareTarget,
  portableTarget,
]
