-- Removes a consumer from a group unless it has entries pending: XGROUP DELCONSUMER forgets those, so between looking and deleting nobody
-- may give it anything.
-- KEYS: 1 the stream  ARGV: 1 group 2 consumer. Returns 1 when it was removed.

local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2])
if pending.err or #pending > 0 then -- an error: there is no such stream or group
  return 0
end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
