# Tests with the official SDK, with genuine models and in a browser, run by ./check from a copy in the build directory.
EXTRA_DIST += tests/node/package.json tests/node/package-lock.json tests/node/candor.mjs tests/node/recorded.test.mjs \
	tests/node/clients.test.mjs \
	tests/node/pairs.jsonl tests/node/genuine/package.json tests/node/genuine/package-lock.json \
	tests/node/genuine/genuine.test.mjs tests/node/ui/package.json tests/node/ui/package-lock.json \
	tests/node/ui/dashboard.test.mjs
