import type { CaptureLevel, Integration } from '@audit/capture'
import manifest from '../package.json' with { type: 'json' }

/** This package, as an entry names it. */
export function integrationAt(level: CaptureLevel): Integration {
  return { integration: manifest.name, version: manifest.version, level }
}
