/// <reference lib="es2023" />
/// <reference path="./web.d.ts" />
/// <reference path="./streams.d.ts" />
/// <reference path="./crypto.d.ts" />
/// <reference path="./html.d.ts" />
/// <reference path="./kv.d.ts" />
/// <reference path="./handler.d.ts" />
/// <reference path="./workers.d.ts" />
