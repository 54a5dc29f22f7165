import module from 'node:module'
import { packageAnchors } from '@audit/core/backend'

/** The files from which the worker resolves fs-native-extensions, in this order. */
export function nativeLockAnchors(): readonly string[] {
  // A CommonJS bundle has no import.meta.url, and an ES module has no __filename.
  const own = import.meta.url ?? __filename
  const anchors = packageAnchors(own)
  if (anchors.length === 0) showTracers(own)
  return anchors
}

/**
 * Never runs: the worker loads the package. But bundlers and file tracers see the worker's code as text, and the package
 * finds its binary by itself, so this shows both to them.
 */
function showTracers(own: string): void {
  void import('fs-native-extensions')
  const addon = module.createRequire(own) // not a named import: webpack would parse the binaries as JavaScript
  addon('fs-native-extensions/prebuilds/linux-x64/fs-native-extensions.node')
  addon('fs-native-extensions/prebuilds/linux-arm64/fs-native-extensions.node')
  addon('fs-native-extensions/prebuilds/darwin-x64/fs-native-extensions.node')
  addon('fs-native-extensions/prebuilds/darwin-arm64/fs-native-extensions.node')
  addon('fs-native-extensions/prebuilds/win32-x64/fs-native-extensions.node')
  addon('fs-native-extensions/prebuilds/win32-arm64/fs-native-extensions.node')
}
