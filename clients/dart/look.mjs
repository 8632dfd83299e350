// Reads every Dart file with the parser of Dart's own formatter, and looks for names that nothing declares. It is no
// compiler: types are not checked. Usage: node look.mjs FOLDER
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { format } from "@wasm-fmt/dart_fmt";

// Of dart:core, dart:io and of the packages that the pubspec names.
const KNOWN = new Set(
  [
    "AbortableMultipartRequest AbortableRequest AbortableStreamedRequest ArgumentError Client ClientException DateFormat",
    "DateTime DeepCollectionEquality Deprecated Exception Function Future HttpStatus IOException Iterable List Map",
    "MultipartFile MultipartRequest Object RegExp Response Set SocketException StackTrace StateError String TlsException Uri",
    "K R T V",
  ].flatMap((line) => line.split(" ")),
);

const folder = process.argv[2];
const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".dart"));
const faults = [];
const declared = new Set(KNOWN);
const used = new Map();

for (const name of files) {
  const source = readFileSync(join(folder, name), "utf8");
  try {
    format(source, name);
  } catch (fault) {
    faults.push(`${name}: ${String(fault).split("\n").slice(0, 4).join(" ")}`);
  }
  const code = source.replace(/\/\/.*/g, "").replace(/r?'(?:[^'\\\n]|\\.)*'|r?"(?:[^"\\\n]|\\.)*"/g, "''");
  for (const [, found] of code.matchAll(/\b(?:class|enum|typedef|extension|mixin)\s+(\w+)/g)) declared.add(found);
  for (const [found] of code.matchAll(/(?<![\w.$])_?[A-Z]\w*/g)) used.set(found, name);
}
for (const [found, name] of used) if (!declared.has(found)) faults.push(`${name}: nothing declares ${found}`);

if (faults.length > 0 || files.length === 0) {
  console.error(faults.join("\n") || `no Dart in ${folder}`);
  process.exit(1);
}
console.log(`   ${files.length} files of Dart are well formed, and declare what they use`);
