-- Reads a heartbeat. Anyone may write such a key: what has more fields than ours, or is no hash, is none of ours.
-- KEYS: 1 the heartbeat  ARGV: 1 most fields 2 most bytes of a value. Returns names and values; nothing when it is none.

if type_of(KEYS[1]) ~= 'hash' or redis.call('HLEN', KEYS[1]) > tonumber(ARGV[1]) then
  return {}
end
local fields = redis.call('HGETALL', KEYS[1])
for i, text in ipairs(fields) do
  fields[i] = string.sub(text, 1, tonumber(ARGV[2]))
end
return fields
