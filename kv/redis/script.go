package redis

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/skerry-edge/skerry/kv"
)

// A script is Lua that Redis runs with nothing else in between. All keys that one touches
// are named in its KEYS and share a hash tag, as a Cluster asks:
//
//	KEYS[1]  the record    KEYS[2]  the index    KEYS[3]  the keys that expire
//
// The clock is Redis's, so that nodes whose clocks differ agree on what has expired.
type script struct {
	source string
	sha1   string // by which Redis knows it once it has seen it
}

func newScript(source string) *script {
	sum := sha1.Sum([]byte(source))
	return &script{source: source, sha1: hex.EncodeToString(sum[:])}
}

var (
	putScript    = newScript(luaSweep + luaWrite)
	swapScript   = newScript(luaCompare + luaSweep + luaWrite)
	addScript    = newScript(luaAdd + luaSweep + luaAddWrite)
	deleteScript = newScript(luaDelete)
	listScript   = newScript(luaList)
)

// luaSweep forgets a few keys that have expired. Redis removes their records by itself,
// and each write here removes more of their names than it adds, so the index cannot fill
// up with the dead. A name in KEYS[3] is up to date: every write to its record sees to it.
const luaSweep = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local dead = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('(%.0f', now), 'LIMIT', 0, 10)
if #dead > 0 then
  redis.call('ZREM', KEYS[2], unpack(dead))
  redis.call('ZREM', KEYS[3], unpack(dead))
end
`

// luaWrite writes the record ARGV[1] of the key ARGV[2], which expires at ARGV[3]. The
// index comes first: a key in it whose record is missing is no harm.
const luaWrite = `
local expiry = tonumber(ARGV[3])
if expiry ~= 0 and expiry <= now then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[2])
  redis.call('ZREM', KEYS[3], ARGV[2])
  return 'expired'
end
redis.call('ZADD', KEYS[2], 0, ARGV[2])
if expiry == 0 then
  redis.call('SET', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[3], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[3])
  redis.call('ZADD', KEYS[3], ARGV[3], ARGV[2])
end
return 'written'
`

// luaCompare goes on only if the version is ARGV[4]; empty stands for an absent key. What
// is there must begin with the format and tag that the new record begins with.
const luaCompare = `
local head = redis.call('GETRANGE', KEYS[1], 0, 34)
if head ~= '' and string.sub(head, 1, 9) ~= string.sub(ARGV[1], 1, 9) then return 'corrupt' end
if string.sub(head, 10) ~= ARGV[4] then return 'conflict' end
`

// luaAdd adds ARGV[3] to the counter ARGV[2]. Lua counts in float64, so an int64 is in
// two parts there: hi billions and lo, both of its sign.
const luaAdd = `
local function parts(s)
  local sign, digits = 1, s
  if string.sub(s, 1, 1) == '-' then sign, digits = -1, string.sub(s, 2) end
  local hi = tonumber(string.sub(digits, 1, -10)) or 0
  return sign * hi, sign * tonumber(string.sub(digits, -9))
end
local function fits(hi, lo)
  if math.abs(hi) ~= 9223372036 then return math.abs(hi) < 9223372036 end
  return lo >= -854775808 and lo <= 854775807
end

local record = ''
local expiry_and_metadata_length, metadata, value = string.rep('\0', 10), '', '0'
local size = redis.call('STRLEN', KEYS[1])
if size > 0 then
  record = redis.call('GETRANGE', KEYS[1], 0, 49 + 1024 + 20 - 1)
  if size < 49 or string.sub(record, 1, 9) ~= string.sub(ARGV[1], 1, 9) then return {'corrupt'} end
  local metadata_length, value_length = struct.unpack('>I2I4', string.sub(record, 44, 49))
  if size ~= 49 + metadata_length + value_length then return {'corrupt'} end
  if value_length > 20 then return {'not an integer'} end
  expiry_and_metadata_length = string.sub(record, 36, 45)
  metadata = string.sub(record, 50, 49 + metadata_length)
  value = string.sub(record, 50 + metadata_length)
end
if value ~= '0' and not string.find(value, '^%-?[1-9][0-9]*$') then return {'not an integer'} end

local hi, lo = parts(value)
if not fits(hi, lo) then return {'not an integer'} end
local delta_hi, delta_lo = parts(ARGV[3])
hi, lo = hi + delta_hi, lo + delta_lo
if lo >= 1e9 or (lo > 0 and hi < 0) then hi, lo = hi + 1, lo - 1e9 end
if lo <= -1e9 or (lo < 0 and hi > 0) then hi, lo = hi - 1, lo + 1e9 end
if not fits(hi, lo) then return {'overflow'} end
local sum = string.format('%.0f', lo + 0) -- + 0 turns -0 into 0
if hi ~= 0 then
  sum = string.format('%s%.0f%09.0f', (hi < 0) and '-' or '', math.abs(hi), math.abs(lo))
end
`

// luaAddWrite writes the sum, in a record that begins with ARGV[1]: all up to the expiry.
const luaAddWrite = `
redis.call('ZADD', KEYS[2], 0, ARGV[2])
redis.call('SET', KEYS[1], ARGV[1] .. expiry_and_metadata_length .. struct.pack('>I4', #sum) .. metadata .. sum, 'KEEPTTL')
if size == 0 then redis.call('ZREM', KEYS[3], ARGV[2]) end
return {'written', sum}
`

// luaDelete makes the key ARGV[1] absent.
const luaDelete = `
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return 'deleted'
`

// luaList returns up to ARGV[3] names of the index KEYS[1], from ARGV[1] to before
// ARGV[2], having first forgotten many of those in KEYS[2] that have expired. A Redis
// that refuses to write can still be listed.
const luaList = `
local clock = redis.call('TIME')
local now = string.format('(%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
local dead = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)
if #dead > 0 then
  redis.pcall('ZREM', KEYS[1], unpack(dead))
  redis.pcall('ZREM', KEYS[2], unpack(dead))
end
return redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
`

// addOutcome turns the reply of addScript into what Add returns.
func addOutcome(name string, reply any) (int64, error) {
	parts, _ := reply.([]any)
	if len(parts) == 0 {
		return 0, fmt.Errorf("redis: add: reply %v is not one of the script's", reply)
	}
	switch parts[0] {
	case "written":
		sum, _ := parts[1].(string)
		return strconv.ParseInt(sum, 10, 64)
	case "not an integer":
		return 0, kv.ErrNotInteger
	case "overflow":
		return 0, kv.ErrOverflow
	default:
		return 0, corrupt(name, "it is not a record of this key")
	}
}
