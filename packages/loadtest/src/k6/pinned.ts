/** One official archive and what it has to hash to. */
export interface ReleaseArchive {
  readonly file: string
  readonly sha256: string
}

export interface K6Source {
  readonly release: {
    readonly version: string
    readonly baseUrl: string
    /** By `process.platform-process.arch`. */
    readonly archives: Readonly<Record<string, ReleaseArchive>>
  }
  /** What `go install` builds; Go checks it against its checksum database. */
  readonly module: { readonly path: string; readonly version: string }
}

/**
 * 1.7.1 is the newest release whose checksums could be established: all four from Hermit's k6.hcl, the one for Linux x64 from an
 * Arch package as well. For Windows there is none, so there k6 is built from the module.
 */
export const pinnedK6: K6Source = {
  release: {
    version: '1.7.1',
    baseUrl: 'https://github.com/grafana/k6/releases/download/v1.7.1',
    archives: {
      'linux-x64': {
        file: 'k6-v1.7.1-linux-amd64.tar.gz',
        sha256: 'cc127a656f734f8ea1e89f8a417777905ae6a93d42f3e763e95313518180655b',
      },
      'linux-arm64': {
        file: 'k6-v1.7.1-linux-arm64.tar.gz',
        sha256: '5a91fa37d89d1fe776aea590d689029ffc2d2f2634a6c61eb51c982ff50700d7',
      },
      'darwin-x64': {
        file: 'k6-v1.7.1-macos-amd64.zip',
        sha256: 'f6933670ddccb924d48815992e44e0ee1b040d814c5e5580b9bdebce71019c40',
      },
      'darwin-arm64': {
        file: 'k6-v1.7.1-macos-arm64.zip',
        sha256: '9cace748ebeddb92432f606c6c53d964772176fdf1a0ebb4db5ead3df39ba761',
      },
    },
  },
  module: { path: 'go.k6.io/k6', version: '1.8.1' },
}
