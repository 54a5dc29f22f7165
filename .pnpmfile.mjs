/** Leaves out what @vercel/nft would only download binaries with: the tests trace files, and nothing else. */
function readPackage(manifest) {
  if (manifest.name === '@mapbox/node-pre-gyp') delete manifest.dependencies['https-proxy-agent']
  return manifest
}

export const hooks = { readPackage }
