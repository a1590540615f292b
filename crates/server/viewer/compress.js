/**
 * Compresses the files that the server embeds; build.rs runs it:
 *
 *   node compress.js FILE...
 *
 * Beside each FILE it writes FILE.br and FILE.gz, each only if it is smaller than FILE.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** Writes `compressed`, a form of `content`, to `path`, if that saves anything. */
function keepIfSmaller(path, compressed, content) {
  if (compressed.length < content.length) {
    writeFileSync(path, compressed);
  }
}

for (const path of argv.slice(2)) {
  const content = readFileSync(path);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  keepIfSmaller(`${path}.br`, brotliCompressSync(content, { params }), content);
  keepIfSmaller(`${path}.gz`, gzipSync(content, { level: 9 }), content);
}
