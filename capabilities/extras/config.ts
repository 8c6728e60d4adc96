import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import { linkValues } from '../link-values.ts'

/** The generators have nothing to configure. */
export type ExtrasConfig = Record<string, never>

/** Refuses every key. */
export const configSchema: StandardSchema<unknown, ExtrasConfig> = v.pipe(
  linkValues({}),
  v.transform((): ExtrasConfig => ({})),
)
