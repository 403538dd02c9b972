/// <reference lib="es2023" />
/// <reference path="./web.d.ts" />
/// <reference path="./kv.d.ts" />
/// <reference path="./handler.d.ts" />
/// <reference path="./workers.d.ts" />
