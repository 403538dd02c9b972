// Package admin is the control API of a node: JSON over HTTP on the admin address, under
// /v1/, with /healthz, /readyz and /metrics beside it. [Server] is the node's side, [Client]
// that of the commands and of anybody else.
//
// A push goes the same way whoever sends it:
//
//	bundle bytes ─▶ decode, digest ─▶ evaluate once ─▶ bundle store ─▶ catalog ─▶ this node
//	                   invalid          invalid         too large        conflict   switches, then
//	                                                                                the other nodes
//
// Each step leaves things as they were when it fails: what is live is changed by one
// compare-and-swap in the catalog, and nothing before it is visible.
//
// # Access
//
// Every path under /v1/ needs the node's token, as "Authorization: Bearer …", and answers
// nothing to a web page of another origin. [endpoints] says for each path who may call it; a
// test walks the table.
package admin
