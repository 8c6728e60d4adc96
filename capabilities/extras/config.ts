import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import { linkValues } from '../link-values.ts'

/** The generators have nothing to configure. */
export type ExtrasConfig = Readonly<Record<string, never>>

/** Link values of `extras`: none. */
export const configSchema: StandardSchema<unknown, ExtrasConfig> = v.pipe(
  linkValues({}),
  v.transform((): ExtrasConfig => ({})),
)
