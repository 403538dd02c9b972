// What Node runs: it reads a request a line, {name, n}, and answers {ns, cpu, result}. The
// first line is the text of cases.js.
import {createInterface} from "node:readline";

const operations = new Map();
let suite;

async function measure({name, n}) {
	const c = suite.cases.find(c => c.name === name);
	if (c.instead === null) return {none: true};
	if (!operations.has(name)) operations.set(name, await (c.instead ?? c.make)());
	const operation = operations.get(name), loop = c.async ? suite.asyncLoop : suite.loop;
	const cpu = process.cpuUsage(), start = process.hrtime.bigint();
	const last = await loop(operation, n);
	const ns = Number(process.hrtime.bigint() - start), used = process.cpuUsage(cpu);
	return {ns, cpu: (used.user + used.system) * 1000, result: String(c.result(last))};
}

for await (const line of createInterface({input: process.stdin})) {
	const request = JSON.parse(line);
	if (!suite) {
		suite = new Function(request)();
		console.log(JSON.stringify({version: process.version}));
		continue;
	}
	try {
		console.log(JSON.stringify(await measure(request)));
	} catch (e) {
		console.log(JSON.stringify({error: String(e)}));
	}
}
