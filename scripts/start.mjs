// Prevents the mistake of a quick start that needs a page of set-up: one command from a fresh clone to verified
// requests.
import { bootstrap, runNode } from './bootstrap.mjs'

// The runtime of Cloudflare Workers is the largest dependency, and only tests need it.
bootstrap({ without: 'cloudflare-tests' })
runNode(['examples/demo/dist/main.js', ...process.argv.slice(2)])
